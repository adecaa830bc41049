export { type ActivityType, activityTypes, type KnownActivityType } from './activity/activity-types.js'
export type { ErrorInfo } from './activity/error-info.js'
export type { ActivityFields, ActivityHandle } from './activity/handle.js'
export type {
  ActivityDescription,
  ActivityLink,
  ActivityOutcome,
  ActivityReference,
  ActivitySpanKind,
  ActivityUpdate,
  Attempt,
  Callable,
  ErrorReporting,
  KeptLink,
  LinkRelation,
  ParentActivity,
  PerCall,
  Progress,
  RemoteActivity,
  SpanReference,
} from './activity/options.js'
export type { LogEntry } from './activity/record.js'
export type { ActivityProcess, ActivitySnapshot, DetailedSnapshot } from './activity/snapshot.js'
export {
  type ActivityCondition,
  type ActivityState,
  activityStates,
  type EndedState,
  type OpenState,
  type Severity,
} from './activity/states.js'
export type { Attributes, AttributeValue, JsonObject, JsonValue, Redact } from './activity/values.js'
export type { CallSite } from './base/call-site.js'
export type { Clock, Timer } from './base/clock.js'
export type { FaultKind, WarningListener } from './base/faults.js'
export { type ErrorCode, errorCodes, isUnderwayError, UnderwayError } from './base/underway-error.js'
export { version } from './base/version.js'
export type { AnyFunction } from './instrument/alike.js'
export {
  currentActivity,
  planActivity,
  runActivity,
  type StartActivityOptions,
  startActivity,
} from './instrument/blocks.js'
export type { ActivityDecorator } from './instrument/decorator-types.js'
export type { StartOptions } from './instrument/description.js'
export type { ActivityOptions } from './instrument/function-options.js'
export { type Preset, trackAsyncTask, trackDecision, trackThread } from './instrument/presets.js'
export { trackActivity } from './instrument/track-activity.js'
export type { QueueStatus } from './setup/export-queue.js'
export type { SignalStatus, UnderwayHandle, UnderwayStatus } from './setup/handle.js'
export type { StartUnderwayOptions } from './setup/options.js'
export { startUnderway } from './setup/start-underway.js'
export { extract } from './tracing/propagation.js'
export type { Blocker } from './tracker/blockers.js'
export type { Change, ChangeBody, FeedItem, Gap } from './tracker/change.js'
export type { ChangeStream, ChangesOptions, FeedSnapshot, StreamItem } from './tracker/change-stream.js'
export type { CounterColumn, CounterRow } from './tracker/counters.js'
export { getTracker } from './tracker/default-tracker.js'
export type { ErrorGroup } from './tracker/error-groups.js'
export {
  type ErrorHealth,
  type ErrorHealthThresholds,
  errorHealthOf,
  type SeverityCounts,
  sumCounts,
} from './tracker/error-health.js'
export type { ErrorFilter, ErrorRecord, ErrorReport } from './tracker/error-log.js'
export type { ActivityEvent, ChangeOf, EventName } from './tracker/events.js'
export type { AggregatorOptions, LogScalarsOptions, NotifyOptions, ScalarTree } from './tracker/experiment.js'
export type {
  HealthCheck,
  HealthCheckContext,
  ModuleOptions,
  ModuleRegistration,
  ModuleStatus,
  ModuleTransition,
} from './tracker/modules.js'
export type { WaitOptions } from './tracker/quiescence.js'
export type { ScalarAggregator } from './tracker/scalar-aggregator.js'
export type { ExperimentMessage, ScalarEntry } from './tracker/scalars.js'
export type { Scope } from './tracker/scope.js'
export type { OverflowPolicy, SubscribeOptions, SubscriptionStats } from './tracker/subscription.js'
export { ActivityTracker, type TrackerSnapshot, type Unsubscribe } from './tracker/tracker.js'
export type { TrackerOptions } from './tracker/tracker-options.js'

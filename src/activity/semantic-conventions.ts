/** Every name that leaves the process. Docs, dashboards and rules are checked against this file. */
export const attributeNames = {
  /** Only where the id is the user's or was known before the span; otherwise the span's own id links the two. */
  id: 'activity.id',
  module: 'activity.module',
  group: 'activity.group',
  type: 'activity.type',
  state: 'activity.state',
  plan: 'activity.plan',
  doing: 'activity.doing',
  did: 'activity.did',
  reason: 'activity.reason',
  result: 'activity.result',
  step: 'activity.step',
  attempt: 'activity.attempt',
  severity: 'activity.severity',
  parentId: 'activity.parent.id',
  runId: 'activity.run.id',
  runName: 'activity.run.name',
  progressDone: 'activity.progress.done',
  progressTotal: 'activity.progress.total',
  progressPercent: 'activity.progress.percent',
  errorType: 'error.type',
  /** On a span link: how the two are related. */
  linkRelation: 'activity.link.relation',
  codeFilePath: 'code.file.path',
  codeLineNumber: 'code.line.number',
} as const

/** The field that carries an activity's id beside the W3C fields. */
export const carrierField = 'underway'

/** Name of the instrumentation scope of our spans. */
export const scopeName = 'underway'

/** Attributes of our log records beside those of the spans. Durations in seconds, as everywhere in OpenTelemetry. */
export const logAttributeNames = {
  name: 'activity.name',
  duration: 'activity.duration',
  age: 'activity.age',
  silence: 'activity.silence',
  condition: 'activity.condition',
  errorId: 'activity.error.id',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',
} as const

/** The `eventName` of our log records. */
export const eventNames = {
  started: 'activity.started',
  updated: 'activity.updated',
  heartbeat: 'activity.heartbeat',
  condition: 'activity.condition',
  ended: 'activity.ended',
  error: 'activity.error',
} as const

/** Labels that only metrics have. */
export const labelNames = {
  run: 'run',
  scalar: 'scalar',
  faultKind: 'underway.fault.kind',
  signal: 'underway.signal',
} as const

/** What stands in the place of names beyond a bound. */
export const overflowName = '(other)'

export interface MetricDescription {
  readonly name: string
  readonly kind: 'counter' | 'upDownCounter' | 'gauge' | 'histogram'
  /** As UCUM writes it; empty where the value is a plain number. */
  readonly unit: string
  readonly labels: readonly string[]
  readonly description: string
}

const { module, group, type, state, errorType, severity } = attributeNames
const where = [module, group, type] as const

export const metricNames = {
  active: {
    name: 'activity.active',
    kind: 'upDownCounter',
    unit: '{activity}',
    labels: [...where, state],
    description: 'open now, planned and running apart',
  },
  started: {
    name: 'activity.started',
    kind: 'counter',
    unit: '{activity}',
    labels: where,
    description: 'began since the process started',
  },
  ended: {
    name: 'activity.ended',
    kind: 'counter',
    unit: '{activity}',
    labels: [...where, state],
    description: 'ended since the process started, by how',
  },
  duration: {
    name: 'activity.duration',
    kind: 'histogram',
    unit: 's',
    labels: [...where, state],
    description: 'from the start to the end, of what had begun',
  },
  queueDuration: {
    name: 'activity.queue.duration',
    kind: 'histogram',
    unit: 's',
    labels: where,
    description: 'from the planning to the start, of planned work',
  },
  oldestAge: {
    name: 'activity.oldest.age',
    kind: 'gauge',
    unit: 's',
    labels: [module],
    description: 'age of the activity that has been running longest; 0 where none runs',
  },
  silenceMax: {
    name: 'activity.silence.max',
    kind: 'gauge',
    unit: 's',
    labels: [module],
    description: 'longest time without news of a running activity with nothing open below it; 0 where none runs',
  },
  errors: {
    name: 'activity.errors',
    kind: 'counter',
    unit: '{error}',
    labels: [module, errorType, severity],
    description: 'errors reported since the process started',
  },
  errorHealth: {
    name: 'activity.error_health',
    kind: 'gauge',
    unit: '',
    labels: [],
    description: '0 healthy, 1 warning, 2 error',
  },
  quiescent: {
    name: 'activity.quiescent',
    kind: 'gauge',
    unit: '',
    labels: [],
    description: '1 while nothing is open, planned or running, else 0',
  },
  moduleUp: {
    name: 'activity.module.up',
    kind: 'gauge',
    unit: '',
    labels: [module],
    description: '1 while the module is up, else 0',
  },
  runsOpen: {
    name: 'activity.run.open',
    kind: 'gauge',
    unit: '{run}',
    labels: [labelNames.run],
    description: 'runs of that name that are running; 0 once they have ended',
  },
  runProgress: {
    name: 'activity.run.progress',
    kind: 'gauge',
    unit: '',
    labels: [labelNames.run],
    description: 'how far the newest open run of that name is, from 0 to 1',
  },
  currentStep: {
    name: 'experiment.current_step',
    kind: 'gauge',
    unit: '',
    labels: [],
    description: 'the step of the training or the loop, once it was set',
  },
  feedDropped: {
    name: 'underway.feed.dropped',
    kind: 'counter',
    unit: '{change}',
    labels: [],
    description: 'changes that subscribers did not get because their batch was full',
  },
  exportDropped: {
    name: 'underway.export.dropped',
    kind: 'counter',
    unit: '{item}',
    labels: [labelNames.signal],
    description: 'spans, metric exports, log records and scalars that were not delivered',
  },
  faults: {
    name: 'underway.faults',
    kind: 'counter',
    unit: '{fault}',
    labels: [labelNames.faultKind],
    description: 'what was kept away from user code, by kind',
  },
} as const satisfies Record<string, MetricDescription>

/** One point for each step that was logged, with timestamps that the two have in common. No instruments of a meter, which keep one value. */
export const scalarMetrics = {
  scalar: {
    name: 'experiment.scalar',
    kind: 'gauge',
    unit: '',
    labels: [labelNames.scalar, labelNames.run],
    description: 'what logScalars was given, a point for each step',
  },
  step: {
    name: 'experiment.step',
    kind: 'gauge',
    unit: '',
    labels: [labelNames.scalar, labelNames.run],
    description: 'the step of the point of experiment.scalar that has the same labels and timestamp',
  },
} as const satisfies Record<string, MetricDescription>

/** Bounds of the duration buckets, from 5 ms to 24 h; seconds. */
export const durationBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800,
  86_400,
]

import type { ActivityTracker } from '../tracker/tracker.js'
import type { Environment, ExporterName } from './environment.js'
import type { OtlpTarget } from './otlp-environment.js'
import type { OtlpSender } from './otlp-sender.js'
import type { Outlet } from './pipeline.js'
import type { PrometheusEndpoint } from './prometheus-endpoint.js'
import type { Sdk } from './sdk.js'
import type { Provider, ResourceLike } from './sdk-shapes.js'

/** A provider of ours that is registered, and the way from it to the collector. */
export interface Running<P = unknown> {
  readonly provider: P & Provider
  /** `undefined` where nothing is sent, but printed. */
  readonly outlet: Outlet | undefined
  /** Where metrics can be fetched, if they can. */
  readonly endpoint?: PrometheusEndpoint | undefined
  /** The way of what `logScalars` is given, which waits until the collector has it. */
  readonly scalars?: Outlet | undefined
  /** Takes the registration back. */
  unregister(): void
}

/** What a provider is made of. */
export interface Ingredients {
  readonly sdk: Sdk
  readonly environment: Environment
  readonly exporters: readonly ExporterName[]
  readonly resource: ResourceLike
  readonly tracker: ActivityTracker
  readonly senderTo: (target: OtlpTarget) => OtlpSender
}

/** What one call of `logScalars` said. */
export interface ScalarEntry {
  /** The name of the run. */
  readonly run: string
  readonly step: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Nested objects are flattened to names such as `train/loss`; NaN and the infinities are kept. */
  readonly values: Readonly<Record<string, number>>
  /** The only backend that is to get it; absent for all. */
  readonly backend?: string
}

/** What one call of `notify` said. */
export interface ExperimentMessage {
  readonly title: string
  readonly content: string
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** The only backend that is to get it; absent for all. */
  readonly backend?: string
}

/** The name under which OpenTelemetry is chosen as the only backend. */
export const otlpBackend = 'otlp'
/** Names that `backend` picks places by that nobody connects as backends. */
export const namesElsewhere: readonly string[] = [otlpBackend, 'history']

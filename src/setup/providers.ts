import { startLogs } from './log-provider.js'
import { startMetrics } from './metric-provider.js'
import type { Signal } from './otlp-environment.js'
import type { Ingredients, Running } from './running.js'
import { startTraces } from './trace-provider.js'

/** Each returns `undefined` if a provider was registered in the meantime. */
export const providers = { traces: startTraces, metrics: startMetrics, logs: startLogs } as const satisfies Readonly<
  Record<Signal, (ingredients: Ingredients) => Running | undefined>
>

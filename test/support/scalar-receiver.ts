import type { ScalarExporter, ScalarScopeMetrics } from '../../src/otel/index.js'

/** A point of one request, as an exporter is given it. */
export interface ExportedPoint {
  readonly run: unknown
  readonly scalar: unknown
  readonly timeMillis: number
  readonly step: number
  readonly value: number
}

export type ExportAnswer = 'ok' | 'fail' | 'silence' | 'throw' | { readonly code: number }

/** A receiver that answers as it is told, and keeps every request that it was sent. */
export class ScalarReceiver implements ScalarExporter {
  readonly requests: { readonly points: readonly ExportedPoint[]; readonly answer: ExportAnswer }[] = []
  shutdowns = 0
  readonly #answer: (points: readonly ExportedPoint[], request: number) => ExportAnswer

  constructor(answer: (points: readonly ExportedPoint[], request: number) => ExportAnswer = () => 'ok') {
    this.#answer = answer
  }

  /** What it took, in order; a point that came twice is here twice. */
  get taken(): readonly ExportedPoint[] {
    return this.requests.flatMap(({ points, answer }) => (answer === 'ok' ? points : []))
  }

  export(
    metrics: { readonly scopeMetrics: readonly ScalarScopeMetrics[] },
    done: (result: { code: number; error?: unknown }) => void,
  ): void {
    const points = metrics.scopeMetrics.flatMap(pointsOf)
    const answer = this.#answer(points, this.requests.length + 1)
    this.requests.push({ points, answer })
    if (answer === 'throw') throw new Error('thrown')
    if (answer === 'silence') return
    if (answer === 'ok') done({ code: 0 })
    else if (answer === 'fail') done({ code: 1, error: new Error('unreachable') })
    else done({ code: 1, error: Object.assign(new Error('refused'), answer) })
  }

  async shutdown(): Promise<void> {
    this.shutdowns += 1
  }
}

function pointsOf({ metrics }: ScalarScopeMetrics): ExportedPoint[] {
  const [values, steps, ...others] = metrics
  if (values === undefined || steps === undefined || others.length > 0) throw new Error('two metrics were expected')
  if (values.dataPoints.length === 0 || values.dataPoints.length !== steps.dataPoints.length)
    throw new Error(`${values.dataPoints.length} values and ${steps.dataPoints.length} steps`)
  return values.dataPoints.map(({ attributes, endTime, value }, at) => {
    const step = steps.dataPoints[at]
    if (step?.attributes !== attributes || step.endTime !== endTime) throw new Error('a value has no step')
    const timeMillis = endTime[0] * 1_000 + endTime[1] / 1_000_000
    return { run: attributes['run'], scalar: attributes['scalar'], timeMillis, step: step.value, value }
  })
}

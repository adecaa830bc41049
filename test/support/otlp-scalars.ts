import { fieldsOf, textOf } from './protobuf.ts'

/** A point of `experiment.scalar` with the step of its companion. */
export interface DecodedScalar {
  readonly run: string
  readonly scalar: string
  readonly timeMillis: number
  readonly step: number
  readonly value: number
}

interface DecodedPoint {
  readonly labels: Readonly<Record<string, string>>
  readonly timeMillis: number
  readonly value: number
}

const gaugeField = 5
const knownLabels = new Map<string, Readonly<Record<string, string>>>()

function child(message: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(message)
    .filter((field) => field.number === number)
    .map(({ bytes }) => bytes)
}

/** Labels repeat from point to point. */
function labelsOf(attributes: readonly Uint8Array[]): Readonly<Record<string, string>> {
  const key = attributes.map((bytes) => Buffer.from(bytes).toString('latin1')).join('\n')
  const known = knownLabels.get(key)
  if (known !== undefined) return known
  const labels: Record<string, string> = {}
  for (const attribute of attributes) {
    const [name, value] = fieldsOf(attribute)
    labels[textOf(name?.bytes)] = textOf(fieldsOf(value?.bytes ?? new Uint8Array())[0]?.bytes)
  }
  knownLabels.set(key, labels)
  return labels
}

function decodePoint(point: Uint8Array): DecodedPoint {
  let timeMillis = Number.NaN
  let value = Number.NaN
  const attributes: Uint8Array[] = []
  for (const { number, bytes } of fieldsOf(point)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (number === 3) timeMillis = Number(view.getBigUint64(0, true) / 1_000_000n)
    else if (number === 4) value = view.getFloat64(0, true)
    else if (number === 7) attributes.push(bytes)
  }
  return { labels: labelsOf(attributes), timeMillis, value }
}

/** The points of each gauge of a request, by the name of the metric. @throws Error for a metric without points */
function gaugesOf(body: Uint8Array): Map<string, DecodedPoint[]> {
  const gauges = new Map<string, DecodedPoint[]>()
  const metrics = child(body, 1)
    .flatMap((resource) => child(resource, 2))
    .flatMap((scope) => child(scope, 2))
  for (const metric of metrics) {
    const name = textOf(child(metric, 1)[0])
    const points = child(metric, gaugeField).flatMap((gauge) => child(gauge, 1).map(decodePoint))
    if (points.length === 0) throw new Error(`the metric '${name}' has no points`)
    gauges.set(name, points)
  }
  return gauges
}

/** Every point with its step. @throws Error where the two gauges do not agree on labels and timestamps */
export function scalarsOf(body: Uint8Array): DecodedScalar[] {
  const gauges = gaugesOf(body)
  const values = gauges.get('experiment.scalar') ?? []
  const steps = gauges.get('experiment.step') ?? []
  if (values.length !== steps.length) throw new Error(`${values.length} values, ${steps.length} steps`)
  return values.map(({ labels, timeMillis, value }, at) => {
    const step = steps[at]
    if (step?.timeMillis !== timeMillis || step.labels !== labels) throw new Error('a value has no step')
    const { run = '', scalar = '', ...others } = labels
    if (Object.keys(others).length > 0) throw new Error(`unexpected labels: ${Object.keys(others).join(', ')}`)
    return { run, scalar, timeMillis, step: step.value, value }
  })
}

import { join } from 'node:path'
import { loadFromGrafana } from './grafana-packages.js'
import { grafanaFolder } from './install-grafana.js'
import type { queryRange } from './prometheus-query.js'

/** What we read of a field of Grafana. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
  readonly labels?: Readonly<Record<string, string>>
  readonly config: { readonly displayName?: string; readonly unit?: string; readonly links?: readonly object[] }
}

export interface Frame {
  readonly refId?: string
  readonly meta?: object
  readonly length: number
  readonly fields: readonly Field[]
}

/** A query of a panel, as far as the shape of its answer depends on it. */
export interface Target {
  readonly refId: string
  readonly format?: string
}

export interface Transformation {
  readonly id: string
  readonly options: Readonly<Record<string, unknown>>
}

type Operator = (options: never, context: object) => (source: unknown) => unknown

interface Transformer {
  readonly id: string
  readonly name: string
  readonly operator: Operator
}

/** What we use of `@grafana/data`. */
interface DataPackage {
  readonly standardTransformers: Readonly<Record<string, Transformer>>
  readonly standardTransformersRegistry: {
    setInit(init: () => readonly object[]): void
    getIfExists(id: string): object | undefined
  }
  transformDataFrame(transformations: readonly Transformation[], frames: readonly Frame[]): Observable
}

interface Observable {
  pipe(operator: unknown): Observable
  subscribe(observer: { next(frames: readonly Frame[]): void; error(error: unknown): void }): void
}

interface DataSourcePackage {
  transformV2(
    response: { readonly data: readonly Frame[] },
    request: { readonly targets: readonly Target[] },
    options: object,
  ): { readonly data: readonly Frame[] }
}

/** An answer of Prometheus as Grafana's server hands it to its page: a frame for each series. */
export function answerOf(refId: string, series: Awaited<ReturnType<typeof queryRange>>): readonly Frame[] {
  return series.map(({ labels, points }) => ({
    refId,
    meta: { type: 'timeseries-multi', custom: { resultType: 'matrix' } },
    length: points.length,
    fields: [
      { name: 'Time', type: 'time', config: {}, values: points.map(([time]) => time) },
      { name: 'Value', type: 'number', config: {}, labels, values: points.map(([, value]) => value) },
    ],
  }))
}

/** What Grafana's data source for Prometheus makes of answers. @param settings its `jsonData` */
export function shaped(answers: readonly Frame[], targets: readonly Target[], settings: object = {}): readonly Frame[] {
  const place = join(grafanaFolder, 'node_modules/@grafana/prometheus/dist/cjs/result_transformer.cjs')
  const { transformV2 } = loadFromGrafana(place) as DataSourcePackage
  return transformV2({ data: [...answers] }, { targets }, settings).data
}

/** What the transformations of a panel make of frames. Rejects for one that is not there, which Grafana passes over. */
export async function transformed(
  frames: readonly Frame[],
  transformations: readonly Transformation[],
): Promise<readonly Frame[]> {
  const { standardTransformersRegistry, transformDataFrame } = dataPackage()
  const unknown = transformations.filter(({ id }) => standardTransformersRegistry.getIfExists(id) === undefined)
  if (unknown.length > 0) throw new Error(`no transformation ${unknown.map(({ id }) => id).join(', ')}`)
  // As on a page with a dashboard.
  Object.assign(globalThis, { window: { __grafanaSceneContext: {} } })
  try {
    return await new Promise((next, error) => transformDataFrame(transformations, frames).subscribe({ next, error }))
  } finally {
    Reflect.deleteProperty(globalThis, 'window')
  }
}

let loaded: DataPackage | undefined

function dataPackage(): DataPackage {
  if (loaded !== undefined) return loaded
  loaded = loadFromGrafana('@grafana/data') as DataPackage
  // Some stand there under two names.
  const transformers = new Map(Object.values(loaded.standardTransformers).map((one) => [one.id, one]))
  transformers.set('partitionByValues', partitionByValues())
  loaded.standardTransformersRegistry.setInit(() =>
    [...transformers.values()].map((one) => ({
      id: one.id,
      name: one.name,
      transformation: () => Promise.resolve(one),
    })),
  )
  return loaded
}

interface PartitionOptions {
  readonly fields: readonly string[]
  readonly keepFields: false
  readonly naming: { readonly asLabels: true }
}

/** In the place of the one transformation that Grafana does not publish: a frame for each combination of values, as labels. */
function partitionByValues(): Transformer {
  const { map } = loadFromGrafana('rxjs') as { map(change: (frames: readonly Frame[]) => readonly Frame[]): unknown }
  return {
    id: 'partitionByValues',
    name: 'Partition by values',
    operator:
      ({ fields: names }: PartitionOptions) =>
      (source) =>
        (source as Observable).pipe(map(([frame]) => (frame === undefined ? [] : partitions(frame, names)))),
  }
}

function partitions({ fields, ...frame }: Frame, names: readonly string[]): readonly Frame[] {
  const keys = fields.filter(({ name }) => names.includes(name))
  const rows = Map.groupBy(fields[0]?.values.keys() ?? [], (row) =>
    JSON.stringify(keys.map(({ values }) => values[row])),
  )
  return [...rows.values()].map((chosen) => {
    const labels = Object.fromEntries(keys.map(({ name, values }) => [name, String(values[chosen[0] ?? 0])]))
    const others = fields.filter((field) => !keys.includes(field))
    const kept = others.map((field) => ({
      ...field,
      labels: { ...field.labels, ...labels },
      values: chosen.map((row) => field.values[row]),
    }))
    return { ...frame, length: chosen.length, fields: kept }
  })
}

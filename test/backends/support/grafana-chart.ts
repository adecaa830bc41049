import type { Field, Frame } from './grafana-frames.js'
import { loadFromGrafana } from './grafana-packages.js'

interface Matcher {
  readonly id: string
  readonly options?: unknown
}

/** What we read of a panel of the type `xychart`. */
export interface XYPanel {
  readonly options: {
    readonly series: readonly { readonly x: { matcher: Matcher }; readonly y: { matcher: Matcher } }[]
  }
  readonly fieldConfig: object
}

interface Line {
  readonly name: string
  readonly xName: string
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly (readonly [x: unknown, y: unknown])[]
}

type Variables = { readonly __dataContext: { readonly value: { readonly field: Field } } }

/** What we use of `@grafana/data`. */
interface DataPackage {
  readonly FieldConfigOptionsRegistry: new (init: () => readonly object[]) => object
  readonly displayNameOverrideProcessor: unknown
  readonly stringOverrideProcessor: unknown
  applyFieldOverrides(options: object): readonly Frame[]
  createTheme(): object
  getFieldDisplayName(field: Field, frame: Frame, frames: readonly Frame[]): string
  getFieldMatcher(matcher: Matcher): (field: Field, frame: Frame, frames: readonly Frame[]) => boolean
}

/** The lines that a chart of frames draws, as Grafana chooses their fields and names them. */
export function linesOf({ options, fieldConfig }: XYPanel, data: readonly Frame[]): readonly Line[] {
  const grafana = loadFromGrafana('@grafana/data') as DataPackage
  const property = (id: string, process: unknown): object => ({
    id,
    path: id,
    name: id,
    process,
    settings: { expandTemplateVars: true },
    shouldApply: () => true,
  })
  const frames = grafana.applyFieldOverrides({
    data,
    fieldConfig,
    fieldConfigRegistry: new grafana.FieldConfigOptionsRegistry(() => [
      property('displayName', grafana.displayNameOverrideProcessor),
      property('unit', grafana.stringOverrideProcessor),
    ]),
    replaceVariables,
    theme: grafana.createTheme(),
  })
  const [series] = options.series
  if (series === undefined) return []
  const isX = grafana.getFieldMatcher(series.x.matcher)
  const isY = grafana.getFieldMatcher(series.y.matcher)
  return frames.flatMap((frame) => {
    const numbers = frame.fields.filter(({ type }) => type === 'number')
    const x = numbers.find((field) => isX(field, frame, frames))
    if (x === undefined) return []
    const ys = numbers.filter((field) => field !== x && isY(field, frame, frames))
    return ys.map((y) => ({
      name: grafana.getFieldDisplayName(y, frame, frames),
      xName: grafana.getFieldDisplayName(x, frame, frames),
      labels: y.labels ?? {},
      points: x.values.map((value, at) => [value, y.values[at]] as const),
    }))
  })
}

function replaceVariables(text: string, { __dataContext: { value } }: Variables): string {
  return text.replaceAll(/\$\{__field\.labels\.(\w+)\}/g, (_, label: string) => value.field.labels?.[label] ?? '')
}

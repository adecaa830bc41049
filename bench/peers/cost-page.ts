import { figure, sideBySide } from '../report.ts'
import { type Round, ratiosOf, spreadOf, valuesOf } from '../statistics.ts'
import { base, type Cost, type Form, keyOf } from './costs.ts'

export interface CostReport {
  readonly rounds: readonly Round[]
  readonly costs: readonly (readonly [name: string, cost: Cost])[]
  /** What was measured with, and on what. */
  readonly versions: readonly string[]
  /** The packages of a wrapper with their versions. */
  readonly versionsOf: (cost: Cost) => readonly string[]
  /** Why a newer version of a package was not used. */
  readonly notLatest: readonly string[]
  /** Why runs do not count, by name and form. */
  readonly failures: ReadonlyMap<string, readonly string[]>
  /** The day of the run, as in 2026-01-31. */
  readonly day: string
}

function cells(report: CostReport, name: string, cost: Cost, form: Form): string[] {
  if (!cost.forms.includes(form)) return ['–', '–']
  const key = keyOf(name, form)
  const values = valuesOf(report.rounds, key)
  if (values.length === 0) return ['not run', '']
  const { median, min, max } = spreadOf(values)
  const ratios = ratiosOf(report.rounds, key, keyOf(base, form))
  const ratio = ratios.length === 0 ? undefined : spreadOf(ratios)
  const compared =
    ratio === undefined || name === base
      ? ''
      : `**${ratio.median.toFixed(2)}** (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`
  return [`${figure(median)} (${figure(min)} to ${figure(max)})`, compared]
}

/** The table, as Markdown. */
export function costTable(report: CostReport): string {
  const rows = report.costs.map(([name, cost]) =>
    [`\`${name}\``, cost.title, ...cells(report, name, cost, 'sync'), ...cells(report, name, cost, 'async')].join(
      ' | ',
    ),
  )
  return [
    '| name | around the call | sync, ns per call | × bare stock | async, ns per call | × bare stock |',
    '|---|---|---:|---:|---:|---:|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

function list(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${heading}\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}

/** docs/benchmarks-peers.md. */
export function costPage(report: CostReport): string {
  const setups = report.costs.map(
    ([, cost]) => `| ${cost.title} | ${report.versionsOf(cost).join(', ')} | ${cost.what} | ${cost.goes} |`,
  )
  const failed = [...report.failures].map(
    ([key, reasons]) => `${key}, ${reasons.length} of ${report.rounds.length}: ${[...new Set(reasons)].join('; ')}`,
  )
  return `# What wrappers cost

Written by \`npm run bench:peers -- --cost\`; do not edit. Measured on ${report.day} in ${report.rounds.length} rounds with:

${report.versions.map((version) => `- ${version}`).join('\n')}
${list('Not the latest version:', report.notLatest)}${list('Runs that do not count:', failed)}
Medians with the range in brackets; a multiple is the median of those within one round.

${costTable(report)}

## What is around the call, and where it goes

Everything is set up as its own documentation says for production, but for where it sends.

| around the call | version | how | where spans and values go |
|---|---|---|---|
${setups.join('\n')}

## How to read it

- *Bare stock* is the least that makes a span: \`startActiveSpan\` and \`span.end()\` in \`finally\`, with the
  \`BatchSpanProcessor\` of the same SDK. It sets no attributes, and neither status nor exception.
- The work is that of [benchmarks.md](benchmarks.md): one call inside another, each with next to nothing to do, back to
  the event loop after every 250. The figure is the CPU time of the whole process without the warm-up, per call. The
  warm-up is 300,000 calls, or as many as fit into three seconds of CPU time.
${sideBySide}
- A run counts only if the span of every call has left, every inner one with its parent, and every value was recorded.
- They do not all do the same: some put what goes in and out on the span, some time and nothing else. Next to real work
  all of it is little; what is compared is what a call costs that does nothing.
- Half of the spans here have no parent. Who does much for the first span of a trace looks worse than where a trace has
  many spans.
`
}

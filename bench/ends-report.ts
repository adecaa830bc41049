import { collectors, type End, ends, hows } from './ends.ts'
import type { EndOutcome } from './run-end.ts'
import { spreadOf } from './statistics.ts'

/** The outcomes of one round, by the end's name. */
export type EndRound = ReadonlyMap<string, EndOutcome>

const heading = '## The end of a process'

function range(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values)
  const text = (value: number): string => Math.round(value).toLocaleString('en')
  return min === max ? text(median) : `${text(median)} (${text(min)} to ${text(max)})`
}

function delayRow(rounds: readonly EndRound[], name: string, { how, collector, spans, base }: End): string {
  const pairs = rounds.flatMap((round) => {
    const [one, other] = [round.get(name), round.get(base ?? name)]
    return one === undefined || other === undefined ? [] : [{ one, added: one.endMillis - other.endMillis }]
  })
  if (pairs.length === 0)
    return `| \`${name}\` | ${hows[how]} | ${collectors[collector]} | ${spans.toLocaleString('en')} | not run | | |`
  const added = base === name ? '' : range(pairs.map((pair) => pair.added))
  const cells = [
    `\`${name}\``,
    hows[how],
    collectors[collector],
    spans.toLocaleString('en'),
    range(pairs.map(({ one }) => one.endMillis)),
    added,
    range(pairs.map(({ one }) => one.wholeMillis)),
  ]
  return `| ${cells.join(' | ')} |`
}

function arrivalRow(rounds: readonly EndRound[], name: string, { app, how, spans }: End): string {
  const arrived = rounds.flatMap((round) => round.get(name)?.arrived ?? [])
  const count = arrived.length === 0 ? 'not run' : range(arrived)
  return `| \`${name}\` | ${app === 'stock' ? 'stock' : '`startUnderway`'} | ${hows[how]} | ${spans.toLocaleString('en')} | ${count} |`
}

/** The part of docs/benchmarks.md about the end of a process. */
export function endsSection(rounds: readonly EndRound[], day: string): string {
  const entries = Object.entries(ends)
  const delays = entries.filter(([, { base }]) => base !== undefined)
  const arrivals = entries.filter(([, { base }]) => base === undefined)
  return `${heading}

Measured on ${day} in ${rounds.length} rounds. Medians, with the range in brackets.

| end | the process ends by | the collector | spans ended | from the last line of the application until the process is gone, ms | more than without exports, ms | whole process, ms |
|---|---|---|---:|---:|---:|---:|
${delays.map(([name, end]) => delayRow(rounds, name, end)).join('\n')}

What arrives of spans that all ended in the turn in which the process ends, counted at a receiver that answers at once:

| end | set up by | the process ends by | spans ended | arrived |
|---|---|---|---:|---:|
${arrivals.map(([name, end]) => arrivalRow(rounds, name, end)).join('\n')}

Stock is a \`BatchSpanProcessor\` with the OTLP exporter. At SIGTERM the time counts from the signal.
`
}

import { figure, row } from './report.ts'
import { type Round, spreadOf, valuesOf } from './statistics.ts'
import type { Variant } from './variants.ts'

type Named = readonly (readonly [name: string, variant: Variant])[]

function ofKind(variants: Named, kind: Variant['kind']): Named {
  return variants.filter(([, variant]) => variant.kind === kind)
}

/** What a variant takes more than the one that it is compared with, in the same round. */
function differenceRow(rounds: readonly Round[], name: string, { what, stock }: Variant): string {
  const values = valuesOf(rounds, name)
  if (values.length === 0) return `| \`${name}\` | ${what} | not run | | |`
  const { median, min, max } = spreadOf(values)
  const more = rounds.flatMap((round) => {
    const [value, base] = [round.get(name), round.get(stock ?? '')]
    return value === undefined || base === undefined ? [] : [value - base]
  })
  const spread = more.length === 0 ? undefined : spreadOf(more)
  const added = spread === undefined ? '' : `${figure(spread.median)} (${figure(spread.min)} to ${figure(spread.max)})`
  return `| \`${name}\` | ${what} | ${figure(median)} | ${figure(min)} to ${figure(max)} | ${added} |`
}

function shareRow(rounds: readonly Round[], name: string, { what }: Variant): string {
  const values = valuesOf(rounds, name)
  if (values.length === 0) return `| \`${name}\` | ${what} | not run | |`
  const { median, min, max } = spreadOf(values)
  return `| \`${name}\` | ${what} | ${median.toFixed(2)} | ${min.toFixed(2)} to ${max.toFixed(2)} |`
}

/** The part of docs/benchmarks.md about what watching over health costs. */
export function healthSection(rounds: readonly Round[], variants: Named, day: string): string {
  return `## Health

Measured on ${day} in ${rounds.length} rounds.

| variant | what | median, ns per call | range | ratio to one error (range) |
|---|---|---:|---:|---:|
${ofKind(variants, 'health')
  .map(([name, variant]) => row(rounds, name, variant))
  .join('\n')}

| variant | what | median, ns per call | range | more than unwatched, ns (range) |
|---|---|---:|---:|---:|
${ofKind(variants, 'heartbeat')
  .map(([name, variant]) => differenceRow(rounds, name, variant))
  .join('\n')}

| variant | what | median, % of a core | range |
|---|---|---:|---:|
${ofKind(variants, 'share')
  .map(([name, variant]) => shareRow(rounds, name, variant))
  .join('\n')}

The watchdog's share is what the whole process uses, both threads together, over ten seconds, with \`watchSilence\` at
its default interval. A heartbeat goes to one of 200 open activities with 20 names, and nobody listens.
`
}

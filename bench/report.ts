import { slices } from './measure.ts'
import { type Round, ratiosOf, type Spread, spreadOf, valuesOf } from './statistics.ts'
import { turnMillis, turnsThatCount } from './turns.ts'
import { type Kind, units, type Variant } from './variants.ts'

export interface Report {
  readonly rounds: readonly Round[]
  readonly variants: readonly (readonly [name: string, variant: Variant])[]
  readonly versions: readonly string[]
  /** The day of the run, as in 2026-01-31. */
  readonly day: string
  /** How many of the figures that do not take turns were disturbed; see {@link disturbance}. */
  readonly disturbed: string
  /** The part about what watching costs. */
  readonly health: string
  /** The part about scalars. */
  readonly scalars: string
  /** The part about the end of a process. */
  readonly ends: string
  /** Variants that could not be run, and why. */
  readonly missing: string | undefined
}

const headings: Readonly<Partial<Record<Kind, string>>> = {
  cpu: 'CPU time of one activity',
  'long-open': 'CPU time while much is open',
  memory: 'Memory of one open activity',
  query: 'Questions',
}

/** A number as the pages show it. */
export function figure(value: number): string {
  return value < 100 ? value.toLocaleString('en', { maximumFractionDigits: 1 }) : Math.round(value).toLocaleString('en')
}

/** One row of a table; the ratio is to what the variant is compared with, in the same round. */
export function row(rounds: readonly Round[], name: string, variant: Variant): string {
  const values = valuesOf(rounds, name)
  if (values.length === 0) return `| \`${name}\` | ${variant.what} | not run | | |`
  const { median, min, max } = spreadOf(values)
  const ratios = variant.stock === undefined ? [] : ratiosOf(rounds, name, variant.stock)
  const ratio: Spread | undefined = ratios.length === 0 ? undefined : spreadOf(ratios)
  const compared =
    ratio === undefined ? '' : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`
  return `| \`${name}\` | ${variant.what} | ${figure(median)} | ${figure(min)} to ${figure(max)} | ${compared} |`
}

/** The tables, as Markdown. */
export function tables({ rounds, variants }: Report): string {
  const kinds = Object.keys(headings) as Kind[]
  return kinds
    .flatMap((kind) => {
      const rows = variants.flatMap(([name, variant]) => (variant.kind === kind ? [row(rounds, name, variant)] : []))
      if (rows.length === 0) return []
      return [
        `## ${headings[kind]}`,
        '',
        `| variant | what | median, ${units[kind]} | range | ratio to stock (range) |`,
        '|---|---|---:|---:|---:|',
        ...rows,
      ].join('\n')
    })
    .join('\n\n')
}

/** The page with a section in place of its own with the same heading. @throws Error if it has none */
export function withSection(page: string, section: string): string {
  const [heading = ''] = section.split('\n')
  return page.replace(sectionOf(page, heading), () => section)
}

/** The section of a page with a heading. @throws Error if it has none */
export function sectionOf(page: string, heading: string): string {
  const from = page.indexOf(`${heading}\n`)
  const to = page.indexOf('\n## ', from + heading.length)
  if (from < 0 || to < 0) throw new Error(`the page has no part '${heading}': run the whole benchmark`)
  return page.slice(from, to)
}

/** How what is compared is kept from measuring what else goes on. */
export const sideBySide: string = `- What is compared runs side by side, each in a process of its own, with \`--no-allocation-site-pretenuring\`: without it V8
  makes stock bimodal, by the luck of the process. They take turns of ${turnMillis} ms, ${turnsThatCount} of each in a round, in an order that is
  shuffled anew every time. Whatever slows the machine down thus slows all of them down: the ratios hold, while the times
  also say how busy the machine was.`

/** How the rest is. */
function disturbance(disturbed: string): string {
  return `- Of a question the quickest of ${slices} slices is the figure of a round: it does the same each time, and whatever else goes
  on only adds to it.
- Memory and questions are measured one after the other. Before and after each run a piece of work is timed that needs
  nothing but the core. Where that took more than 1.3 times its best, somebody else was using the core, here or on the
  host, and the run was done again, up to six times in all. Of the runs that count, ${disturbed} were disturbed none the less.`
}

/** docs/benchmarks.md. */
export function page(report: Report): string {
  return `# Benchmarks

Written by \`npm run bench\`; do not edit. Measured on ${report.day} in ${report.rounds.length} rounds with:

${report.versions.map((version) => `- ${version}`).join('\n')}
${report.missing === undefined ? '' : `\nNot run: ${report.missing}\n`}
${tables(report)}

${report.health}
${report.scalars}
${report.ends}
## How to read it

- *CPU time* is what the whole process used, garbage collection and compilation included, without the warm-up, divided
  by the number of activities. The warm-up is long, 300,000 calls, as V8 enlarges the young
  generation of its heap, up to its bound, only after enough has survived in it. Every call is one activity inside another; each does next to nothing, so that what is
  seen is what is around it.
- *Stock* is \`startActiveSpan\` with a \`BatchSpanProcessor\` and the same attributes set through the api
  (\`activity.module\`, \`activity.type\`, \`activity.state\`, \`code.file.path\`, \`code.line.number\`). Its exporter only counts.
- *Ratio* is to stock in the same round. Variants without an SDK are compared with stock on SDK 3.x.
${sideBySide}
${disturbance(report.disturbed)}
- A run counts only if every change reached the subscriber, every span reached the exporter, every child span had its
  parent and nothing stayed open. To that end all variants go back to the event loop after every 250 calls.
- *While much is open* means 100,000 handles that nobody ends, or of which the oldest ends and another one starts each
  time, with SDK 3.x and one subscriber. The ratio is to the same variant with a single one open.
- *Memory* is heap and external memory after garbage collection, per activity, with tens of thousands open and nobody
  subscribed. Of a pending call it includes the promises that the call itself makes.

## What it does not say

- How long a call takes to answer: CPU time is not latency.
- What an exporter costs that sends: that comes on top, with and without this package.
- What your work costs. Around work of a millisecond all of this is less than one percent.
- How it is on your machine: run \`npm run bench\`.
- What others cost in the same place: that is in [benchmarks-peers.md](benchmarks-peers.md).
`
}

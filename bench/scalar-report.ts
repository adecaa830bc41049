import { figure } from './report.ts'
import { type ScalarVariant, scalarUnits, scalarVariants } from './scalars.ts'
import { type Round, spreadOf, valuesOf } from './statistics.ts'

const heading = '## Scalars'

function row(rounds: readonly Round[], name: string, { what, measure }: ScalarVariant): string {
  const values = valuesOf(rounds, name)
  if (values.length === 0) return `| \`${name}\` | ${what} | ${scalarUnits[measure]} | not run | |`
  const { median, min, max } = spreadOf(values)
  const range = min === max ? '' : `${figure(min)} to ${figure(max)}`
  return `| \`${name}\` | ${what} | ${scalarUnits[measure]} | ${figure(median)} | ${range} |`
}

/** The part of docs/benchmarks.md about scalars. */
export function scalarsSection(rounds: readonly Round[], day: string): string {
  const rows = Object.entries(scalarVariants).map(([name, variant]) => row(rounds, name, variant))
  return `${heading}

Measured on ${day} in ${rounds.length} rounds. Four scalars of each step in one run.

| variant | what | unit | median | range |
|---|---|---|---:|---:|
${rows.join('\n')}

- CPU time as above. Of 50,000 steps, a run of ours counts only if every point was kept, or written. The gauge of the SDK has at
  most 2,000 series by default, so nearly all of its steps share one; prom-client has no bound, and one without a step
  keeps the latest value.
- MLflow's client logs a twentieth of the steps. For CPU time they go into a database in its own process; for memory and
  bytes to an HTTP server on loopback that decodes what it is sent. A run counts only if all are there.
- Memory is per point that waits, by tens of thousands. A label for the step makes a series of each, in the program and in
  the database, and stays. MLflow's client keeps what waits only with \`synchronous=False\`, in a queue without a bound, while the
  server does not answer; what counts is what Python has allocated, as \`tracemalloc\` sees it.
- Bytes are of one request, or one scrape, with 1,000 points: 250 steps of four scalars. Headers are not counted.
`
}

/** The page with another part about scalars, which is put before that about the ends of processes if it has none. */
export function withScalarsSection(page: string, section: string): string {
  const from = page.indexOf(heading)
  const next = page.indexOf(from < 0 ? '\n## The end of a process' : '\n## ', from < 0 ? 0 : from + heading.length)
  if (next < 0) throw new Error('the page has no end for the part about scalars: run the whole benchmark')
  return `${page.slice(0, from < 0 ? next + 1 : from)}${section}${from < 0 ? '\n' : ''}${page.slice(from < 0 ? next + 1 : next)}`
}

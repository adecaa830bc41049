import type { WrappingOutcome } from '../../src/testing/index.ts'

/** The suite, of the build or of the sources. */
export type Suite = Pick<typeof import('../../src/testing/index.ts'), 'wrappingCases' | 'wrappingGroups'>

/** One column of the tables. */
export interface Column {
  readonly title: string
  readonly version: string
  /** What came of it, or why nothing did. */
  readonly outcomes: readonly WrappingOutcome[] | { readonly notRun: string }
}

type Examined = Column & { readonly outcomes: readonly WrappingOutcome[] }

const signs = { passed: '✓', failed: '✗', 'n/a': '–' } as const

function isExamined(column: Column): column is Examined {
  return 'length' in column.outcomes
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function head(first: readonly string[], columns: readonly Examined[]): string[] {
  const rule = [...first.map(() => '---'), ...columns.map(() => ':---:')]
  return [row([...first, ...columns.map(({ title }) => title)]), `|${rule.join('|')}|`]
}

/** How many of the cases that apply were passed. */
function share(outcomes: readonly WrappingOutcome[]): string {
  const applying = outcomes.filter(({ outcome }) => outcome !== 'n/a')
  if (applying.length === 0) return '–'
  return `${applying.filter(({ outcome }) => outcome === 'passed').length} / ${applying.length}`
}

function summary({ wrappingCases, wrappingGroups }: Suite, columns: readonly Examined[]): string {
  const rows = Object.entries(wrappingGroups).map(([group, title]) => {
    const ids = new Set(wrappingCases.filter((one) => one.group === group).map(({ id }) => id))
    return row([title, ...columns.map(({ outcomes }) => share(outcomes.filter(({ id }) => ids.has(id))))])
  })
  const all = row(['**all**', ...columns.map(({ outcomes }) => share(outcomes))])
  return [...head(['group'], columns), ...rows, all].join('\n')
}

function everyCase({ wrappingCases }: Suite, columns: readonly Examined[]): string {
  const rows = wrappingCases.map(({ id, title }) => {
    const cells = columns.map(({ outcomes }) => signs[outcomes.find((one) => one.id === id)?.outcome ?? 'n/a'])
    return row([`\`${id}\``, title, ...cells])
  })
  return [...head(['case', 'what is true'], columns), ...rows].join('\n')
}

/** docs/conformance.md. */
export function page(suite: Suite, columns: readonly Column[], notLatest: readonly string[], day: string): string {
  const examined = columns.filter(isExamined)
  const older = notLatest.map((line) => `- ${line}`).join('\n')
  const missing = columns.flatMap(({ title, version, outcomes }) =>
    'notRun' in outcomes ? [`- ${title} (${version}): ${outcomes.notRun}`] : [],
  )
  return `# Conformance of wrapping

Written by \`npm run bench:peers\`; do not edit. Run on ${day} with:

${examined.map(({ title, version }) => `- ${title}: ${version}`).join('\n')}
${older === '' ? '' : `\nNot the latest version:\n\n${older}\n`}${missing.length === 0 ? '' : `\nNot run:\n\n${missing.join('\n')}\n`}
Every subject runs the same ${suite.wrappingCases.length} cases (\`wrappingCases\` of \`underway/testing\`), each peer in a process of its own and
used as its documentation says. \`by hand\` is what one writes around \`startActiveSpan\`. ✓ passed, ✗ failed, – does not
apply: the subject has no such thing. Most peers promise less than the cases ask for; a ✗ says what happens, not that it
was promised.

## In short

${summary(suite, examined)}

## Case by case

${everyCase(suite, examined)}

## For a wrapper of your own

\`\`\`ts
import { runWrappingCases, type WrappingSubject } from 'underway/testing'

declare const mine: WrappingSubject // wrap() and ended(); more where it can do more
for (const { id, outcome, reason } of await runWrappingCases(mine))
  if (outcome === 'failed') console.log(id, reason)
\`\`\`
`
}

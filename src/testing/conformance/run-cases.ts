import { wrappingCases } from './cases.js'
import { turns, Unmet } from './expectations.js'
import type { WrappingSubject } from './subject.js'
import type { WrappingCase } from './wrapping-case.js'

/** How a subject did in one case. */
export interface WrappingOutcome {
  readonly id: string
  readonly outcome: 'passed' | 'failed' | 'n/a'
  /** What was not as it should be, or which features are missing. */
  readonly reason?: string
}

export interface RunWrappingCaseOptions {
  /** After so long a case has failed. @defaultValue 5000 */
  readonly timeoutMillis?: number | undefined
}

const stuck = Symbol('stuck')

function reasonOf(error: unknown): string {
  if (error instanceof Unmet) return error.message
  try {
    return `it threw ${error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error)}`
  } catch {
    return 'it threw something that cannot be shown'
  }
}

async function attempt(one: WrappingCase, subject: WrappingSubject, timeoutMillis: number): Promise<WrappingOutcome> {
  const trial = await subject.start()
  let timer: NodeJS.Timeout | undefined
  try {
    const missing = one.needs.filter((feature) => trial[feature] === undefined)
    if (missing.length > 0) return { id: one.id, outcome: 'n/a', reason: `has no ${missing.join(', ')}` }
    const timeout = new Promise<typeof stuck>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis, stuck)
    })
    const first = await Promise.race([Promise.resolve(one.run(trial)), timeout])
    if (first !== stuck) return { id: one.id, outcome: 'passed' }
    return { id: one.id, outcome: 'failed', reason: `it did not settle within ${timeoutMillis} ms` }
  } finally {
    clearTimeout(timer)
    // What ends late ends within its own trial.
    await turns()
    await trial.close?.()
  }
}

/** Examines a subject in one case. Rejects never: what goes wrong is the reason of the outcome. */
export async function runWrappingCase(
  one: WrappingCase,
  subject: WrappingSubject,
  options: RunWrappingCaseOptions = {},
): Promise<WrappingOutcome> {
  try {
    return await attempt(one, subject, options.timeoutMillis ?? 5_000)
  } catch (error) {
    return { id: one.id, outcome: 'failed', reason: reasonOf(error) }
  }
}

/** Examines a subject in all cases, one after the other. */
export async function runWrappingCases(
  subject: WrappingSubject,
  options: RunWrappingCaseOptions = {},
): Promise<readonly WrappingOutcome[]> {
  const outcomes: WrappingOutcome[] = []
  for (const one of wrappingCases) outcomes.push(await runWrappingCase(one, subject, options))
  return outcomes
}

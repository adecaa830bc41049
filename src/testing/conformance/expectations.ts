import type { SeenSpan, WrappingTrial } from './subject.js'

/** A case that did not come out as it should. Its message is the reason. */
export class Unmet extends Error {
  override readonly name = 'Unmet'
}

export function expectThat(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Unmet(otherwise)
}

function shown(value: unknown): string {
  try {
    if (typeof value === 'string') return JSON.stringify(value)
    if (typeof value === 'function') return 'a function'
    if (value instanceof Error) return `${value.name}: ${value.message}`
    return typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? 'an object') : String(value)
  } catch {
    return 'something that cannot be shown'
  }
}

/** The very same value. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Unmet(`${what}: expected ${shown(expected)}, got ${shown(actual)}`)
}

/** The same as JSON, for lists of plain values. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Unmet(`${what}: expected ${shown(expected)}, got ${shown(actual)}`)
}

/** What was thrown, in a box, as it may be anything. */
export function thrownBy(work: () => unknown): { readonly error: unknown } {
  try {
    work()
  } catch (error) {
    return { error }
  }
  throw new Unmet('nothing was thrown')
}

/** What a promise rejects with, in a box. */
export async function rejectionOf(promise: unknown): Promise<{ readonly error: unknown }> {
  try {
    await promise
  } catch (error) {
    return { error }
  }
  throw new Unmet('nothing was rejected')
}

/** Lets the event loop turn a few times, so that everything that was due has happened. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
}

function listed(spans: readonly SeenSpan[]): string {
  return spans.length === 0 ? 'none' : spans.map(({ name }) => name).join(', ')
}

/** The one span of this name that has ended. */
export function endedSpan({ ended }: Pick<WrappingTrial, 'ended'>, name: string): SeenSpan {
  const spans = ended()
  const [span, ...more] = spans.filter((one) => one.name === name)
  if (span === undefined) throw new Unmet(`the span '${name}' has not ended; ended: ${listed(spans)}`)
  expectThat(more.length === 0, `${more.length + 1} spans '${name}' have ended, instead of one`)
  return span
}

export function expectOpen({ ended }: Pick<WrappingTrial, 'ended'>, name: string, when: string): void {
  expectThat(!ended().some((span) => span.name === name), `the span '${name}' has ended ${when}`)
}

export function expectSucceeded(trial: Pick<WrappingTrial, 'ended'>, name: string): void {
  const span = endedSpan(trial, name)
  expectThat(!span.failed, `the span '${name}' has an error status`)
  expectThat(span.exceptions.length === 0, `the span '${name}' carries an exception`)
}

/** An error status, and the exception once. */
export function expectFailed(trial: Pick<WrappingTrial, 'ended'>, name: string, message: string): void {
  const span = endedSpan(trial, name)
  expectThat(span.failed, `the span '${name}' has no error status`)
  expectEqual(span.exceptions, [message], `exceptions of the span '${name}'`)
}

/** Takes the place of all listeners of a process event while `work` runs. @returns what was reported meanwhile */
export async function reportedBy(
  event: 'unhandledRejection' | 'uncaughtException',
  work: () => void | Promise<void>,
): Promise<readonly unknown[]> {
  const listeners = process.rawListeners(event) as ((...args: unknown[]) => void)[]
  const reported: unknown[] = []
  const listen = (error: unknown): void => void reported.push(error)
  process.removeAllListeners(event)
  process.on(event, listen)
  try {
    await work()
    await turns()
  } finally {
    process.removeListener(event, listen)
    for (const listener of listeners) process.on(event, listener)
  }
  return reported
}

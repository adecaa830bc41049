import { afterAll, beforeAll, beforeEach, onTestFailed } from 'vitest'
import { cacheFolder, type Program, reasonMissing } from '../../../scripts/backends/program.js'
import { programs } from '../../../scripts/backends/programs.js'
import { type Stack, type StackOptions, startStack } from './stack.js'

/** A stack for the tests of this file: starts before them, stops after them, and shows its logs where one fails. */
export function useStack(options: StackOptions = {}): () => Stack {
  const available = usePrograms(programs.collector, programs.jaeger, programs.prometheus)
  let stack: Stack | undefined
  beforeAll(async () => {
    if (available) stack = await startStack(options)
  }, 120_000)
  beforeEach(() => {
    onTestFailed(() => console.error(stack?.logTails()))
  })
  afterAll(() => stack?.stop(), 60_000)
  return () => {
    if (stack === undefined) throw new Error('the stack is there only while tests run')
    return stack
  }
}

/** Whether all are there. Where one is not, every test of this file is skipped, and the reason printed. */
export function usePrograms(...needed: readonly Program[]): boolean {
  const reasons = needed.flatMap((program) => reasonMissing(program, cacheFolder(process.env)) ?? [])
  if (reasons.length === 0) return true
  const reason = reasons.join('; ')
  console.warn(`skipped: ${reason}`)
  beforeEach(({ skip }) => skip(reason))
  return false
}

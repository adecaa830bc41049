import { afterAll, beforeAll, vi } from 'vitest'

export interface Warned {
  readonly type: string
  readonly message: string
}

/** Keeps warnings of the process off the terminal for as long as the tests of a file run, one of each kind to look at. */
export function collectWarnings(): readonly Warned[] {
  const warned = new Map<string, Warned>()
  beforeAll(() => {
    vi.spyOn(process, 'emitWarning').mockImplementation((warning: string | Error, options?: unknown) => {
      const named = typeof options === 'object' ? (options as { type?: string } | null)?.type : options
      const type = typeof named === 'string' ? named : warning instanceof Error ? warning.name : 'Warning'
      const message = warning instanceof Error ? warning.message : warning
      if (warned.has(type)) return
      warned.set(type, { type, message })
      all.push({ type, message })
    })
  })
  afterAll(() => vi.restoreAllMocks())
  const all: Warned[] = []
  return all
}

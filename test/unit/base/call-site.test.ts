import { expect, test } from 'vitest'
import { type CallSite, callSite } from '../../../src/base/call-site.js'

function here(): CallSite | undefined {
  return callSite(here)
}

test('a call site is the file and line of the caller', () => {
  expect(here()).toEqual({ file: expect.stringMatching(/call-site\.test\.ts$/), line: 9 })
})

test('it works in async and nameless functions too', async () => {
  const sites = [await (async () => here())(), (() => here())(), [1].map(() => here())[0]]
  expect(sites.map((site) => site?.line)).toEqual([13, 13, 13])
})

test('the limit and the format of stacks that the program chose stay as they were', () => {
  const { stackTraceLimit, prepareStackTrace } = Error
  try {
    Error.stackTraceLimit = 37
    here()
    expect(Error.stackTraceLimit).toBe(37)
    Error.prepareStackTrace = () => ({ not: 'a text' })
    expect(here()).toBe(undefined)
    Error.prepareStackTrace = () => {
      throw new Error('prepare')
    }
    expect(here()).toBe(undefined)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    if (prepareStackTrace === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
    else Error.prepareStackTrace = prepareStackTrace
  }
})

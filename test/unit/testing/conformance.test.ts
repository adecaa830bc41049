import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { underwaySubject } from '../../../bench/peers/underway-subject.js'
import * as underway from '../../../src/index.js'
import { ManualClock, runWrappingCase, wrappingCases, wrappingGroups } from '../../../src/testing/index.js'
import { registerSdk, type Sdk, unregisterAll } from '../../support/otel.js'

function clock() {
  const made = new ManualClock()
  return { clock: made, advance: (millis: number) => made.advance(millis) }
}

describe('the suite', () => {
  test('has sixty cases and more, each with an id of its own in a group that exists', () => {
    expect(wrappingCases.length).toBeGreaterThanOrEqual(60)
    expect(new Set(wrappingCases.map(({ id }) => id)).size).toBe(wrappingCases.length)
    expect([...new Set(wrappingCases.map(({ group }) => group))]).toEqual(Object.keys(wrappingGroups))
  })

  test('fails a subject that wraps nothing in every case that looks at its spans', async () => {
    const idle = { name: 'idle', start: () => ({ wrap: <F>(_: string, fn: F) => fn, ended: () => [] }) }
    const looking = wrappingCases.filter(
      ({ id, needs }) => needs.length === 0 && /(status|ended|open|child|called-once)$/.test(id),
    )
    expect(looking.length).toBeGreaterThan(10)
    for (const one of looking) expect(await runWrappingCase(one, idle), one.id).toMatchObject({ outcome: 'failed' })
  })
})

describe('without an SDK we pass', () => {
  const subject = underwaySubject({ underway, clock })
  test.each(wrappingCases.map((one) => [one.id, one] as const))('%s', async (id, one) => {
    expect(await runWrappingCase(one, subject)).toEqual({ id, outcome: 'passed' })
  })
})

describe('with an SDK we pass', () => {
  let sdk: Sdk
  let before = 0
  beforeAll(() => {
    sdk = registerSdk()
  })
  afterAll(unregisterAll)

  const exported = {
    reset: () => {
      before = sdk.spans().length
    },
    spans: () => sdk.spans().slice(before),
  }
  const subject = underwaySubject({ underway, clock, exported })
  test.each(wrappingCases.map((one) => [one.id, one] as const))('%s', async (id, one) => {
    expect(await runWrappingCase(one, subject)).toEqual({ id, outcome: 'passed' })
  })
})

import { expect, test } from 'vitest'
import { type FaultKind, Faults, faultAdvice, guarded } from '../../../src/base/faults.js'

test('a fault is counted every time and warned about once, with advice, place and cause', () => {
  const warned: string[][] = []
  const faults = new Faults((message, code) => warned.push([code, message]))
  faults.count('option.invalid', 'plan')
  faults.count('option.invalid', 'plan')
  faults.count('option.threw', 'did', new TypeError('no'))
  expect(faults.toJSON()).toEqual({ 'option.invalid': 2, 'option.threw': 1 })
  expect(faults.of('option.invalid')).toBe(2)
  expect(faults.of('redact.threw')).toBe(0)
  expect(warned).toEqual([
    ['UNDERWAY_OPTION_INVALID', `plan: ${faultAdvice['option.invalid']}`],
    ['UNDERWAY_OPTION_THREW', `did: ${faultAdvice['option.threw']} (TypeError: no)`],
  ])
})

test('a cause that cannot be read is left out of the warning, which is told all the same', () => {
  const warned: string[] = []
  const faults = new Faults((message) => warned.push(message))
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  faults.count('option.threw', 'did', proxy)
  expect(warned).toEqual([`did: ${faultAdvice['option.threw']}`])
})

test('one bad value is counted once, another one again', () => {
  const faults = new Faults(() => undefined)
  for (const bad of [{}, {}])
    for (const key of ['name', 'code']) faults.countOnce(bad, 'value.unreadable', key, undefined)
  expect(faults.of('value.unreadable')).toBe(2)
})

test('each place of a kind that has places is warned about once, and twenty of them at most', () => {
  const warned: string[] = []
  const faults = new Faults((message) => warned.push(message.split(':')[0] ?? ''))
  for (const place of ['mlflow', 'slack', 'mlflow']) faults.count('backend.failed', place)
  for (const place of ['first', 'second']) faults.count('redact.threw', place)
  expect(warned).toEqual(['mlflow', 'slack', 'first'])
  for (let place = 0; place < 100; place += 1) faults.countOption(`call({ option${place} })`, `got ${place}`)
  faults.countOption('call({ option0 })', 'got something else')
  expect(warned.slice(3)).toEqual(Array.from({ length: 20 }, (_, place) => `call({ option${place} })`))
  expect(faults.of('option.invalid')).toBe(101)
})

test.each(['end.ignored', 'update.ignored', 'start.ignored', 'log.dropped', 'value.clamped'] satisfies FaultKind[])(
  '%s is part of normal life: counted, never warned about',
  (kind) => {
    const warned: string[] = []
    const faults = new Faults((message) => warned.push(message))
    faults.count(kind)
    expect([faults.of(kind), warned]).toEqual([1, []])
  },
)

test('a warning listener that throws or rejects stays without effect', () => {
  const throwing = new Faults(() => {
    throw new Error('listener')
  })
  throwing.count('internal' as FaultKind)
  throwing.count('option.invalid')
  const rejecting = new Faults((async () => {
    throw new Error('listener')
  }) as never)
  rejecting.count('option.invalid')
  expect([throwing.of('option.invalid'), rejecting.of('option.invalid')]).toEqual([1, 1])
})

test('guarded work gives its value, or the fallback and a fault', () => {
  const faults = new Faults(() => undefined)
  expect(guarded(faults, 'tracing.failed', 'place', 'fallback', () => 'value')).toBe('value')
  expect(
    guarded(faults, 'tracing.failed', 'place', 'fallback', () => {
      throw new Error('x')
    }),
  ).toBe('fallback')
  expect(faults.toJSON()).toEqual({ 'tracing.failed': 1 })
})

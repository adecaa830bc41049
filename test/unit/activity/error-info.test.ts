import { describe, expect, test } from 'vitest'
import { CopiedError, isAbortError, toErrorInfo } from '../../../src/activity/error-info.js'
import { Faults } from '../../../src/base/faults.js'

const intake = { faults: new Faults(() => undefined), redact: undefined }

class PaymentDeclined extends Error {}
class Named extends Error {
  override readonly name = 'NamedError'
}

describe('the type of an error', () => {
  test.each<[unknown, string]>([
    [new Error('x'), 'Error'],
    [new TypeError('x'), 'TypeError'],
    [new PaymentDeclined('x'), 'PaymentDeclined'],
    [new Named('x'), 'NamedError'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [Object.assign(new Error('x'), { code: 'not a code, but a sentence' }), 'Error'],
    [Object.assign(new Error('x'), { code: 23_505 }), 'Error'],
    [Object.assign(new Error('x'), { name: `Error for user ${'9'.repeat(100)}` }), 'Error'],
    [new DOMException('x', 'TimeoutError'), 'TimeoutError'],
    ['text', 'string'],
    [5, 'number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ message: 'plain' }, 'Error'],
    [{ name: 'Custom', message: 'plain' }, 'Custom'],
    [Object.create(null), 'Error'],
  ])('of %s has few values: %s', (error, type) => {
    expect(toErrorInfo(intake, error).type).toBe(type)
  })
})

test('message and stack are kept within their bounds', () => {
  const error = new Error('m'.repeat(10_000))
  error.stack = 's'.repeat(100_000)
  const { message, stack } = toErrorInfo(intake, error)
  expect([message.length, stack?.length]).toEqual([4_096, 8_192])
  expect(toErrorInfo(intake, 'a text')).toEqual({ type: 'string', message: 'a text' })
  expect(toErrorInfo(intake, Symbol('s')).message).toBe('Symbol(s)')
})

test('an AbortError is known by name or code', () => {
  expect(isAbortError(new DOMException('x', 'AbortError'))).toBe(true)
  expect(isAbortError(Object.assign(new Error('x'), { code: 'ABORT_ERR' }))).toBe(true)
  expect(
    [new Error('AbortError'), 'AbortError', null, undefined, new DOMException('x', 'TimeoutError')].map(isAbortError),
  ).toEqual([false, false, false, false, false])
  expect(
    isAbortError(
      new Proxy(
        {},
        {
          get() {
            throw new Error('get')
          },
        },
      ),
    ),
  ).toBe(false)
})

describe('what a span says about an error', () => {
  const copy = (type: string | undefined, ...messages: [string, ...string[]]) =>
    new CopiedError({ type, messages, stack: undefined })
  const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' })

  test.each<[string, CopiedError, unknown]>([
    ['by its name', copy('TypeError', 'x'), new TypeError('x')],
    ['by its class', copy('PaymentDeclined', 'x'), new PaymentDeclined('x')],
    ['by its code', copy('ECONNREFUSED', 'connect failed'), refused],
    [
      'by either message, if no type is said',
      copy(undefined, 'code 42P01', 'no such table'),
      new Error('no such table'),
    ],
    ['as the cause of it', copy('ECONNREFUSED', 'connect failed'), new TypeError('fetch failed', { cause: refused })],
  ])('is known %s', (_, said, thrown) => {
    expect(said.resembles(thrown)).toBe(true)
  })

  test.each<[CopiedError, unknown]>([
    [copy('TypeError', 'x'), new RangeError('x')],
    [copy('TypeError', 'x'), new TypeError('y')],
    [copy(undefined, 'x'), 'x'],
    [copy(undefined, 'x'), null],
    [copy(undefined, 'x'), revoked()],
  ])('is not known from other words, nor from values that are no errors', (said, thrown) => {
    expect(said.resembles(thrown)).toBe(false)
  })

  test('has the type of the span, and Error if it says none or a sentence', () => {
    const types = ['ECONNREFUSED', '500', undefined, 'connect ECONNREFUSED 127.0.0.1:1'].map((type) => copy(type, 'x'))
    expect(types.map((said) => toErrorInfo(intake, said).type)).toEqual(['ECONNREFUSED', '500', 'Error', 'Error'])
  })
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

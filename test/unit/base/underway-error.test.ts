import { expect, test } from 'vitest'
import { errorCodes, isUnderwayError, UnderwayError } from '../../../src/index.js'

test('an error carries its code, its cause and a brand that another copy of the package knows too', () => {
  const cause = new Error('below')
  const error = new UnderwayError('OPTIONS_INVALID', 'what to do', { cause })
  expect([error.name, error.code, error.message, error.cause]).toEqual([
    'UnderwayError',
    'OPTIONS_INVALID',
    'what to do',
    cause,
  ])
  expect(Object.keys(errorCodes)).toContain(error.code)
  expect(isUnderwayError(error)).toBe(true)
  expect(isUnderwayError({ [Symbol.for('underway.error/1')]: true })).toBe(true)
  expect([new Error('x'), null, undefined, 'text', {}].map(isUnderwayError)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})

import { withSpan } from '@arizeai/openinference-core'
import { nested } from '../../variants/functions.ts'
import { spansOf } from './spans.ts'

/** `withSpan` over a provider of the application, as its documentation has it; what goes in and out is on the span. */
export async function setup({ variant, registerSdk }) {
  const sdk = await registerSdk()
  return { iteration: nested(variant.async, (name, _line, fn) => withSpan(fn, { name })), ...spansOf(sdk) }
}

import { LangfuseSpanProcessor } from '@langfuse/otel'
import { observe } from '@langfuse/tracing'
import { countingExporter, registerProcessor } from '../../sdk.ts'
import { nested } from '../../variants/functions.ts'
import { spansOf } from './spans.ts'

/** `observe` and the span processor of Langfuse, with another exporter in it. */
export async function setup({ packages, variant }) {
  const { exporter, counted } = countingExporter()
  const sdk = await registerProcessor(packages, new LangfuseSpanProcessor({ exporter }), counted)
  return { iteration: nested(variant.async, (name, _line, fn) => observe(fn, { name })), ...spansOf(sdk) }
}

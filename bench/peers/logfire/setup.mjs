import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import * as logfire from '@pydantic/logfire-node'
import { countingExporter } from '../../sdk.ts'
import { nested } from '../../variants/functions.ts'
import { spansOf } from '../setups/spans.ts'

/** `instrument` after `configure`, which brings its own SDK. It takes no exporter: what counts stands beside its own. */
export async function setup({ variant }) {
  const { exporter, counted } = countingExporter()
  const processor = new BatchSpanProcessor(exporter)
  logfire.configure({ serviceName: 'bench', sendToLogfire: false, additionalSpanProcessors: [processor] })
  const wrap = (name, _line, fn) => logfire.instrument(fn, { message: name, spanName: name })
  return { iteration: nested(variant.async, wrap), ...spansOf({ flush: () => processor.forceFlush(), counted }) }
}

// The same with nothing but the SDK, as its documentation sets it up.
import { writeSync } from 'node:fs'
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { end } from './end.mjs'

const [how, count] = process.argv.slice(2)
const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }))
for (let index = 0; index < Number(count); index++) trace.getTracer('work').startSpan('work').end()
end(how, (line) => writeSync(1, line))

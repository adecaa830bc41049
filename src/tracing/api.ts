import * as otel from '@opentelemetry/api'

/** The parts of the OpenTelemetry api that the rooms above tracing need, so that only this room imports it. */
export type Context = otel.Context
export type Span = otel.Span
export const { ROOT_CONTEXT, trace } = otel

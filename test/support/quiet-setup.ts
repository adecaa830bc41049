import * as otel from '@opentelemetry/api'
import { afterEach, beforeEach, type MockInstance, onTestFinished, vi } from 'vitest'
import { unregisterAll } from './otel.js'
import { OtlpReceiver } from './otlp-receiver.js'

/** For tests that set up: no provider outlives a test. @returns the warnings of each test, which are not printed */
export function quietSetup(): MockInstance<typeof process.emitWarning> {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  beforeEach(() => warn.mockClear())
  afterEach(() => {
    unregisterAll()
    otel.metrics.disable()
    otel.logs.disable()
  })
  return warn
}

/** A collector that ends with the test. */
export async function receiver(...args: Parameters<typeof OtlpReceiver.start>): Promise<OtlpReceiver> {
  const started = await OtlpReceiver.start(...args)
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}

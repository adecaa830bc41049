import * as otel from '@opentelemetry/api'
import type { Environment } from './environment.js'
import { isRegistered } from './globals.js'
import type { ContextPackage, CorePackage } from './sdk-shapes.js'

export function registerContextManager({ AsyncLocalStorageContextManager }: ContextPackage): void {
  if (isRegistered('context')) return
  const manager = new AsyncLocalStorageContextManager()
  manager.enable()
  otel.context.setGlobalContextManager(manager)
}

/** What somebody registered is kept. */
export function registerPropagators(core: CorePackage, { propagators }: Environment): void {
  if (isRegistered('propagation') || propagators.includes('none')) return
  const { CompositePropagator, W3CTraceContextPropagator, W3CBaggagePropagator } = core
  otel.propagation.setGlobalPropagator(
    new CompositePropagator({
      propagators: propagators.map((name) =>
        name === 'baggage' ? new W3CBaggagePropagator() : new W3CTraceContextPropagator(),
      ),
    }),
  )
}

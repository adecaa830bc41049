import * as experiment from '../../src/experiment/index.js'
import * as health from '../../src/health/index.js'
import * as root from '../../src/index.js'
import * as otel from '../../src/otel/index.js'
import * as terminal from '../../src/terminal/index.js'
import * as testing from '../../src/testing/index.js'
import { type Scene, view } from './hostile-doors.js'

function methodsOf(name: string, object: object): string[] {
  const found = new Set<string>()
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (at === Object.prototype || at === Function.prototype) break
    for (const key of Reflect.ownKeys(at)) {
      const { value } = Reflect.getOwnPropertyDescriptor(at, key) ?? {}
      if (key === 'constructor' || typeof value !== 'function') continue
      found.add(typeof key === 'symbol' ? `[${key.description?.replace('Symbol.', '')}]` : key)
    }
  }
  return [...found].map((method) => `${name}.${method}`)
}

/** Every function that a user can get hold of: exports, methods of exported classes, and of what public functions return. */
export async function publicFunctions(at: Scene): Promise<string[]> {
  const names: string[] = []
  for (const [subpath, exported] of Object.entries({ '.': root, otel, health, experiment, terminal, testing })) {
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value !== 'function') continue
      names.push(`${subpath} ${name}`)
      const prototype = (value as { prototype?: object }).prototype
      if (/^class\b/.test(Function.prototype.toString.call(value)) && prototype !== undefined)
        names.push(...methodsOf(`${subpath} ${name}`, prototype))
    }
  }
  const setUp = await root.startUnderway({ tracker: at.tracker, env: { OTEL_SDK_DISABLED: 'true' } })
  const shown = view(at)
  const stream = at.tracker.changes()
  const logs = otel.registerLifecycleLogs({ tracker: at.tracker, logger: { emit: () => undefined } })
  const connected = experiment.connectBackends({ tracker: at.tracker, backends: [] })
  const reader = otel.scalarReader({
    tracker: at.tracker,
    exporter: { export: () => undefined, shutdown: () => Promise.resolve() },
  })
  const producer = otel.scalarProducer({ tracker: at.tracker })
  const rule = otel.defaultSpanRules[0]
  names.push(
    ...methodsOf('. ActivityHandle', at.handle),
    ...methodsOf('. UnderwayHandle', setUp),
    ...methodsOf('. ChangeStream', stream),
    ...methodsOf(
      '. Unsubscribe',
      at.tracker.subscribe(() => undefined),
    ),
    ...methodsOf('. ModuleRegistration', at.tracker.registerModule('listed')),
    ...methodsOf('otel SignalRegistration', logs),
    ...methodsOf('otel SpanRule', rule ?? {}),
    ...methodsOf('. ScalarAggregator', at.tracker.scalarAggregator()),
    ...methodsOf('otel ScalarReader', reader),
    ...methodsOf('otel ScalarProducer', producer),
    ...methodsOf('terminal TerminalView', shown),
    ...methodsOf('experiment ConnectedBackends', connected),
  )
  await connected.close()
  logs.unregister()
  producer.unregister()
  await reader.shutdown()
  shown.stop()
  await stream.return?.()
  await setUp.shutdown()
  return [...new Set(names)].filter((name) => !name.startsWith('. UnderwayError.'))
}

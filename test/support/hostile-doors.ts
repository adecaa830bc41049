import { inspect, types } from 'node:util'
import * as root from '../../src/index.js'
import * as otel from '../../src/otel/index.js'
import * as terminal from '../../src/terminal/index.js'
import * as testing from '../../src/testing/index.js'
import type { Draw } from './hostile-draw.js'
import { connectionDoors, experimentSetUpDoors } from './hostile-experiment-doors.js'
import { healthDoors } from './hostile-health-doors.js'
import { scopeKeys, startKeys, updateKeys } from './hostile-keys.js'
import { scalarDoors } from './hostile-scalar-doors.js'

export interface Scene {
  readonly tracker: root.ActivityTracker
  readonly clock: testing.ManualClock
  readonly handle: root.ActivityHandle
}

/** @returns what a call gave; a promise is awaited */
export type Door = (at: Scene, draw: Draw) => unknown

const wrapKeys = [...startKeys, 'did', 'result', 'tracker']
const trackerKeys = [
  'serviceName',
  'maxErrors',
  'maxModules',
  'maxDetails',
  'errorWindowMillis',
  'errorThresholds',
  'redact',
  'clock',
  'counterBuffer',
  'onWarning',
]

function sinkFor(): { write(): boolean } {
  return { write: () => true }
}

function started(at: Scene, draw: Draw, start: (options: never) => root.ActivityHandle): void {
  const handle = start(draw.options({ tracker: at.tracker, module: 'M' }, startKeys) as never)
  handle.toJSON()
  handle.complete()
}

/** The function must be called once, and its very value or error come back. */
function ran(at: Scene, draw: Draw, run: (options: never, fn: () => unknown) => unknown): void {
  const value = draw.value()
  const throws = draw.next() < 0.5
  let calls = 0
  let got: unknown
  try {
    got = run(draw.options({ tracker: at.tracker, name: 'block' }, startKeys) as never, () => {
      calls += 1
      if (throws) throw value
      return value
    })
  } catch (error) {
    got = error
  }
  // A promise comes back as one that settles once the activity has ended.
  const follows = !throws && types.isPromise(value) && types.isPromise(got)
  if (follows) void (got as Promise<unknown>).catch(() => undefined)
  if (calls !== 1 || !(follows || Object.is(got, value)))
    throw new Error(`the function was called ${calls} times, or its value changed`)
}

/** Only decorating may throw; the wrapped function answers as the function itself would. */
function wrapped(at: Scene, draw: Draw, wrap: (options: never, fn: () => unknown) => () => unknown): void {
  const fn = wrap(draw.options({ tracker: at.tracker }, wrapKeys) as never, () => 'value')
  if (fn() !== 'value') throw new Error('the wrapped function answered something else')
  wrap({ tracker: at.tracker } as never, draw.value() as () => unknown)
}

export function view(at: Scene): terminal.TerminalView {
  return terminal.terminalView({ tracker: at.tracker, clock: at.clock, output: sinkFor(), mode: 'lines' })
}

function foreignSpan(draw: Draw): never {
  const span = {
    name: 'GET /',
    kind: 0,
    attributes: { 'activity.module': 'M' },
    instrumentationScope: { name: 'http' },
    status: { code: 0 },
    events: [],
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  }
  return draw.options(span, Object.keys(span)) as never
}

const rootContext = { getValue: () => undefined, setValue: () => rootContext, deleteValue: () => rootContext }

const meter = {
  addBatchObservableCallback: () => undefined,
  removeBatchObservableCallback: () => undefined,
  createObservableCounter: () => ({}),
  createObservableUpDownCounter: () => ({}),
  createObservableGauge: () => ({}),
  createHistogram: () => ({ record: () => undefined }),
}

const errorFilterKeys = ['module', 'work', 'type', 'severity', 'limit']

const setUpKeys = [
  'serviceName',
  'resourceAttributes',
  'env',
  'tracker',
  'flushOnSignals',
  'exitTimeoutMillis',
  'handOverAtExit',
  'traces',
  'metrics',
  'logs',
  'health',
  'experiment',
]

/** A set-up that exports nothing, so that no case sends anything. */
async function withSetUp(at: Scene, draw: Draw, use: (handle: root.UnderwayHandle) => unknown): Promise<void> {
  const good = { tracker: at.tracker, env: { UNDERWAY_DISABLED: '', OTEL_SDK_DISABLED: 'true' } }
  const handle = await root.startUnderway(good)
  try {
    await use(handle)
    // Where the first was shut down meanwhile, this one sets up.
    const second = await root.startUnderway(draw.options(good, setUpKeys) as never)
    await second.shutdown({ timeoutMillis: 0 })
  } finally {
    await handle.shutdown()
  }
}

/** A set-up with all its parts, whose collector refuses every connection. */
async function withSdk(at: Scene, draw: Draw): Promise<void> {
  const good = { tracker: at.tracker, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } }
  const handle = await root.startUnderway(draw.options(good, setUpKeys) as never)
  try {
    root.runActivity({ tracker: at.tracker, name: 'exported' }, () => handle.status())
    await handle.flush({ timeoutMillis: 0 })
  } finally {
    await handle.shutdown({ timeoutMillis: 0 })
  }
  // Nothing is left to wait for.
  await handle.flush(draw.value() as never)
  await handle.flush({ timeoutMillis: draw.value() as number })
  await handle.shutdown(draw.value() as never)
}

/** A way in for every public function, by subpath, export and method. Those under `mayThrow` may throw an UnderwayError. */
export const doors: Readonly<Record<string, Door>> = {
  '. currentActivity': () => root.currentActivity(),
  '. planActivity': (at, draw) => started(at, draw, root.planActivity),
  '. startActivity': (at, draw) => started(at, draw, root.startActivity),
  '. runActivity': (at, draw) => ran(at, draw, root.runActivity),
  '. trackActivity': (at, draw) => wrapped(at, draw, root.trackActivity as never),
  '. trackAsyncTask': (at, draw) => wrapped(at, draw, root.trackAsyncTask as never),
  '. trackDecision': (at, draw) => wrapped(at, draw, root.trackDecision as never),
  '. trackThread': (at, draw) => wrapped(at, draw, root.trackThread as never),
  '. startUnderway': (at, draw) => (draw.next() < 0.05 ? withSdk(at, draw) : withSetUp(at, draw, () => undefined)),
  '. extract': (at, draw) => {
    const good = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
    const parent = root.extract(draw.options(good, ['traceparent', 'tracestate', 'underway']) as never)
    root.startActivity({ tracker: at.tracker, ...(parent === undefined ? {} : { parent }) }).complete()
  },
  '. getTracker': () => root.getTracker(),
  '. errorHealthOf': (_, draw) =>
    root.errorHealthOf(
      draw.options({ error: 1 }, ['info', 'warning', 'error', 'critical']) as never,
      draw.either(60_000),
      draw.options({}, ['errors', 'warnings']) as never,
    ),
  '. sumCounts': (_, draw) =>
    root.sumCounts(draw.options({ error: 1 }, ['info', 'error']) as never, draw.value() as never),
  '. isUnderwayError': (_, draw) => root.isUnderwayError(draw.value()),
  '. UnderwayError': (_, draw) => new root.UnderwayError('OPTIONS_INVALID', 'message', { cause: draw.value() }),
  '. ActivityTracker': (_, draw) => {
    const options = draw.options({ onWarning: () => undefined }, trackerKeys)
    const tracker = new root.ActivityTracker(options as never)
    root.runActivity({ tracker, name: 'block' }, () => tracker.errorHealth())
    tracker.flushNow()
  },
  '. ActivityTracker.isQuiescent': ({ tracker }, draw) => tracker.isQuiescent(draw.options({}, scopeKeys) as never),
  '. ActivityTracker.waitQuiescent': ({ tracker }, draw) =>
    void tracker.waitQuiescent(draw.options({ timeoutMillis: 0 }, [...scopeKeys, 'settleMillis']) as never),
  '. ActivityTracker.blockers': ({ tracker }, draw) => tracker.blockers(draw.options({}, scopeKeys) as never),
  '. ActivityTracker.runningSummary': ({ tracker }, draw) => tracker.runningSummary(draw.options({}, ['all']) as never),
  '. ActivityTracker.openActivities': ({ tracker }, draw) =>
    tracker.openActivities(draw.options({}, scopeKeys) as never),
  '. ActivityTracker.cancel': ({ tracker }, draw) =>
    tracker.cancel(draw.options({ module: 'M' }, scopeKeys) as never, draw.value() as string),
  '. ActivityTracker.activity': ({ tracker }, draw) => tracker.activity(draw.value() as string),
  '. ActivityTracker.subscribe': ({ tracker }, draw) =>
    void tracker.subscribe(
      draw.either(() => draw.value()),
      draw.options({}, ['name', 'maxBatch', 'whenFull']) as never,
    ),
  '. ActivityTracker.on': ({ tracker }, draw) =>
    void tracker.on(
      draw.either('error') as 'error',
      draw.either(() => draw.value()),
    ),
  '. ActivityTracker.changes': ({ tracker }, draw) =>
    void tracker.changes(draw.options({}, ['since', 'signal']) as never),
  '. ActivityTracker.flushNow': ({ tracker }) => tracker.flushNow(),
  '. ActivityTracker.registerModule': ({ tracker }, draw) =>
    void tracker.registerModule(
      draw.either(`M${draw.next()}`),
      draw.options({ healthCheck: () => draw.value() }, ['healthCheck', 'group']) as never,
    ),
  '. ActivityTracker.checkModuleLiveness': ({ tracker }, draw) =>
    void tracker.checkModuleLiveness(draw.options({ timeoutMillis: 0 }, ['other']) as never),
  '. ActivityTracker.modules': ({ tracker }) => tracker.modules(),
  '. ActivityTracker.reportError': ({ tracker }, draw) =>
    tracker.reportError(draw.value(), draw.options({}, ['module', 'work', 'severity', 'details']) as never),
  '. ActivityTracker.errorHealth': ({ tracker }) => tracker.errorHealth(),
  '. ActivityTracker.errors': ({ tracker }, draw) => tracker.errors(draw.options({}, errorFilterKeys) as never),
  '. ActivityTracker.errorGroups': ({ tracker }, draw) => {
    tracker.reportError(draw.value(), { work: 'grouped' })
    return tracker.errorGroups(draw.options({}, errorFilterKeys) as never)
  },
  '. ActivityTracker.snapshot': ({ tracker }) => tracker.snapshot(),
  '. Unsubscribe.[dispose]': ({ tracker }) => tracker.subscribe(() => undefined)[Symbol.dispose](),
  '. ChangeStream.next': async ({ tracker }) => {
    const stream = tracker.changes({ since: 'elsewhere:1' })
    await stream.next()
    await stream.return?.()
  },
  '. ChangeStream.return': ({ tracker }) => tracker.changes().return?.(),
  '. ChangeStream.[asyncIterator]': ({ tracker }) => void tracker.changes()[Symbol.asyncIterator](),
  '. ChangeStream.[asyncDispose]': ({ tracker }) =>
    (tracker.changes() as unknown as AsyncDisposable)[Symbol.asyncDispose](),
  '. ModuleRegistration.unregister': ({ tracker }, draw) => tracker.registerModule(`U${draw.next()}`).unregister(),
  '. ModuleRegistration.[dispose]': ({ tracker }, draw) => tracker.registerModule(`D${draw.next()}`)[Symbol.dispose](),
  '. ActivityHandle.start': ({ tracker }, draw) =>
    root
      .planActivity({ tracker })
      .start(draw.value() as string)
      .complete(),
  '. ActivityHandle.update': ({ handle }, draw) =>
    void handle.update(draw.either(draw.options({}, updateKeys) as string), draw.options({}, updateKeys) as never),
  '. ActivityHandle.heartbeat': ({ handle }) => void handle.heartbeat(),
  '. ActivityHandle.log': ({ handle }, draw) =>
    void handle.log(draw.value() as string, draw.options({}, ['percent']) as never),
  '. ActivityHandle.set': ({ handle }, draw) => void handle.set(draw.either('key'), draw.value()),
  '. ActivityHandle.complete': ({ tracker }, draw) =>
    root.startActivity({ tracker }).complete(draw.value() as string, draw.options({}, updateKeys) as never),
  '. ActivityHandle.fail': ({ tracker }, draw) =>
    root.startActivity({ tracker }).fail(draw.value(), draw.options({}, updateKeys) as never),
  '. ActivityHandle.cancel': ({ tracker }, draw) => root.startActivity({ tracker }).cancel(draw.value() as string),
  '. ActivityHandle.skip': ({ tracker }, draw) => root.startActivity({ tracker }).skip(draw.value() as string),
  '. ActivityHandle.run': (at, draw) => {
    const given = draw.value()
    const handle = root.startActivity({ tracker: at.tracker })
    if (typeof given !== 'function' && handle.run(given as never) !== undefined)
      throw new Error('run gave something although there was no function')
    ran(at, draw, (_, fn) => handle.run(fn))
  },
  '. ActivityHandle.bind': (at, draw) => {
    at.handle.bind(draw.value() as () => void)
    ran(at, draw, (_, fn) => at.handle.bind(fn)())
  },
  '. ActivityHandle.inject': ({ handle }, draw) => void handle.inject(draw.value() as object),
  '. ActivityHandle.spanContext': ({ handle }) => handle.spanContext(),
  '. ActivityHandle.toJSON': ({ handle }) => handle.toJSON(),
  '. ActivityHandle.[nodejs.util.inspect.custom]': ({ handle }) => inspect(handle),
  '. ActivityHandle.[dispose]': (at, draw) => {
    const options = draw.options({ tracker: at.tracker, leftAs: 'failed' }, startKeys)
    root.startActivity(options as never)[Symbol.dispose]()
  },
  '. ActivityHandle.[asyncDispose]': ({ tracker }) => root.startActivity({ tracker })[Symbol.asyncDispose](),
  '. UnderwayHandle.status': (at, draw) => withSetUp(at, draw, (handle) => void handle.status()),
  '. UnderwayHandle.flush': (at, draw) => withSetUp(at, draw, (handle) => handle.flush(draw.value() as never)),
  '. UnderwayHandle.shutdown': (at, draw) => withSetUp(at, draw, (handle) => handle.shutdown(draw.value() as never)),
  '. UnderwayHandle.[asyncDispose]': (at, draw) => withSetUp(at, draw, (handle) => handle[Symbol.asyncDispose]()),
  'otel ActivitySpanProcessor': (_, draw) =>
    void new otel.ActivitySpanProcessor(draw.options({}, ['tracker', 'rules']) as never),
  'otel ActivitySpanProcessor.onStart': ({ tracker }, draw) => {
    const rules = [{ name: 'other', type: 'other', matches: draw.either(() => draw.value() as boolean) }]
    const span = foreignSpan(draw)
    const processor = new otel.ActivitySpanProcessor({ tracker, rules })
    processor.onStart(span, draw.either(rootContext))
    processor.onEnd(span)
  },
  'otel ActivitySpanProcessor.onEnd': ({ tracker }, draw) =>
    new otel.ActivitySpanProcessor({ tracker }).onEnd(draw.value() as never),
  'otel ActivitySpanProcessor.forceFlush': ({ tracker }) => new otel.ActivitySpanProcessor({ tracker }).forceFlush(),
  'otel ActivitySpanProcessor.shutdown': ({ tracker }) => new otel.ActivitySpanProcessor({ tracker }).shutdown(),
  'otel registerInstruments': ({ tracker }, draw) =>
    otel
      .registerInstruments(draw.options({ tracker, meter: { ...meter } }, ['tracker', 'meter']) as never)
      .unregister(),
  'otel registerLifecycleLogs': ({ tracker }, draw) => {
    const good = { tracker, logger: { emit: () => draw.value() } }
    const keys = [
      'tracker',
      'logger',
      'startDelayMillis',
      'updateMillis',
      'heartbeatMillis',
      'maxActivities',
      'exceptions',
    ]
    otel.registerLifecycleLogs(draw.options(good, keys) as never).unregister()
  },
  'otel SignalRegistration.unregister': ({ tracker }) =>
    otel.registerLifecycleLogs({ tracker, logger: { emit: () => undefined } }).unregister(),
  'otel SignalRegistration.[dispose]': ({ tracker }) =>
    otel.registerInstruments({ tracker, meter: { ...meter } as never })[Symbol.dispose](),
  'otel exceptionSignalsOf': (_, draw) => otel.exceptionSignalsOf(draw.value() as string),
  'otel recordingSampler': (_, draw) => {
    const sampler = draw.options({ shouldSample: () => ({ decision: 0 }) }, ['other', 'description'])
    otel.recordingSampler(sampler as never)
  },
  'otel activityAwareSampler': (_, draw) => {
    const sampler = draw.options({ shouldSample: () => ({ decision: 0 }) }, ['other', 'description'])
    otel.activityAwareSampler(sampler as never)
  },
  'otel SpanRule.matches': (_, draw) => {
    const span = foreignSpan(draw)
    new otel.ActivitySpanProcessor().onStart(span, rootContext as never)
    new otel.ActivitySpanProcessor().onEnd(span)
  },
  'terminal terminalView': ({ tracker, clock }, draw) => {
    const good = { tracker, clock, output: sinkFor() }
    const keys = ['tracker', 'output', 'env', 'mode', 'color', 'unicode', 'title', 'summary', 'longMillis', 'clock']
    const options = draw.options(good, keys)
    const read: Record<string, unknown> = { ...good, ...(typeof options === 'object' ? spread(options) : {}) }
    // Without one it would draw on the terminal of the tests.
    read['output'] ??= sinkFor()
    terminal.terminalView(read as never).stop()
  },
  'terminal TerminalView.log': (at, draw) => {
    const shown = view(at)
    shown.log(draw.value() as string)
    shown.stop()
  },
  'terminal TerminalView.summary': (at) => {
    const shown = view(at)
    shown.summary()
    shown.stop()
  },
  'terminal TerminalView.stop': (at) => view(at).stop(),
  'terminal TerminalView.[dispose]': (at) => view(at)[Symbol.dispose](),
  'testing expectQuiescent': ({ tracker }, draw) =>
    testing.expectQuiescent(draw.options({ tracker }, ['tracker', ...scopeKeys]) as never),
  'testing runWrappingCase': async (_, draw) => {
    const [first] = testing.wrappingCases
    const wrap = (_options: unknown, fn: unknown): unknown => (draw.next() < 0.5 ? fn : draw.value())
    if (first !== undefined)
      await testing.runWrappingCase(first, { name: 'hostile', start: () => ({ wrap }) as never }, {})
  },
  'testing runWrappingCases': async () => {
    await testing.runWrappingCases({ name: 'none', start: () => Promise.reject(new Error('none')) }, {
      cases: [],
    } as never)
  },
  'testing ManualClock': (_, draw) => void new testing.ManualClock(draw.either(0)),
  'testing ManualClock.wallMillis': ({ clock }) => clock.wallMillis(),
  'testing ManualClock.monotonicMillis': ({ clock }) => clock.monotonicMillis(),
  'testing ManualClock.timer': ({ clock }, draw) =>
    clock
      .timer(
        draw.either(() => undefined),
        draw.value() as number,
      )
      .cancel(),
  'testing ManualClock.backgroundTimer': ({ clock }, draw) =>
    clock
      .backgroundTimer(
        draw.either(() => undefined),
        draw.value() as number,
      )
      .cancel(),
  'testing ManualClock.defer': ({ clock }) => clock.defer(() => undefined),
  'testing ManualClock.jump': (_, draw) => new testing.ManualClock().jump(draw.value() as number),
  'testing ManualClock.advance': (_, draw) => new testing.ManualClock().advance(draw.value() as number),
  'testing ManualClock.settle': ({ clock }) => clock.settle(),
  ...healthDoors,
  ...experimentSetUpDoors,
  ...connectionDoors,
  ...scalarDoors,
}

function spread(options: object | null): object {
  try {
    return { ...options }
  } catch {
    return {}
  }
}

/** Doors of set-up calls, which may throw an UnderwayError. */
export const mayThrow: ReadonlySet<string> = new Set([
  '. trackActivity',
  '. trackAsyncTask',
  '. trackDecision',
  '. trackThread',
  '. startUnderway',
  '. UnderwayHandle.status',
  '. UnderwayHandle.flush',
  '. UnderwayHandle.shutdown',
  '. UnderwayHandle.[asyncDispose]',
  '. ActivityTracker',
  '. ActivityTracker.registerModule',
  'otel ActivitySpanProcessor',
  'otel activityAwareSampler',
  'otel recordingSampler',
  'otel registerInstruments',
  'otel registerLifecycleLogs',
  'otel scalarReader',
  'otel scalarProducer',
  'terminal terminalView',
  'testing expectQuiescent',
  'testing ManualClock',
  'testing ManualClock.timer',
  'testing ManualClock.backgroundTimer',
  'testing ManualClock.jump',
  'testing ManualClock.advance',
  ...Object.keys(healthDoors),
  ...Object.keys(experimentSetUpDoors),
])

// Recursion without an end, in a process of its own: what goes wrong here may end it.
import * as otel from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { ActivityTracker, runActivity, trackActivity } from 'underway'

const [place, shape] = process.argv.slice(2)
if (place !== 'without an SDK') {
  otel.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  otel.trace.setGlobalTracerProvider(new TracerProvider())
}

function turn() {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

const tracker = new ActivityTracker({ onWarning: () => {} })
// In small batches, so that a subscriber too is called where the stack ends.
tracker.subscribe(() => {}, { maxBatch: 7 })
const ended = new Set()
tracker.subscribe(
  (items) => {
    for (const item of items) if (item.kind === 'ended') ended.add(item.activity.id)
  },
  { maxBatch: 10_000_000 },
)
const leaf = trackActivity({ tracker, name: 'leaf' }, (n) => n + 1)
const tracked = trackActivity({ tracker, name: 'tracked' }, (n) => (n === 0 ? 0 : 1 + tracked(n - 1)))
const block = (n) => runActivity({ tracker, name: 'block' }, (one) => one.run(() => (n === 0 ? 0 : 1 + block(n - 1))))
const plain = (n) => (n % 7 === 0 ? leaf(n) : 0) + (n === 0 ? 0 : 1 + plain(n - 1))
const shapes = { tracked, block, plain }
/** So that the stack ends in another place each time. */
const start = (frames, n) => (frames === 0 ? shapes[shape](n) : 1 + start(frames - 1, n))

// Code that was never run is compiled when it first is, which itself takes stack.
leaf(1)
tracked(3)
block(3)
if (place === 'with an SDK') await turn()

const thrown = new Set()
let waited = 0
const rounds = 40
for (let round = 0; round < rounds; round += 1) {
  void tracker.waitQuiescent({ timeoutMillis: 1_000 }).then((quiescent) => {
    if (quiescent) waited += 1
  })
  try {
    start(round, 1_000_000_000)
  } catch (error) {
    thrown.add(`${error.name}: ${error.message}`)
  }
}
const quiescent = tracker.isQuiescent()
tracker.flushNow()
await turn()
await turn()
const { open, totals } = tracker.snapshot()
const { created, completed, failed } = totals
console.log(
  JSON.stringify({
    thrown: [...thrown],
    quiescent,
    open,
    listed: tracker.openActivities().length,
    waited: waited === rounds,
    deep: created > rounds * 100,
    balanced: created === completed + failed,
    told: ended.size === created,
  }),
)

// A controller that finishes when its work is quiescent, and stops when a module is down or errors were reported.
// node dist/examples/controller-loop/main.js [--fail worker|work] [--config underway.yaml]
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { getTracker, runActivity, trackActivity } from 'underway'
import { type HealthMonitor, monitorHealth, workerHealthCheck } from 'underway/health'

const { values } = parseArgs({ options: { fail: { type: 'string' }, config: { type: 'string' } } })
const tracker = getTracker()
const sentences = Array.from({ length: 20 }, (_, index) => `sentence number ${index} of the work`)

const counter = new Worker(new URL('./worker.js', import.meta.url))
tracker.registerModule('Counter', { group: 'workers', healthCheck: workerHealthCheck(counter) })

let words = 0
const count = trackActivity(
  { module: 'Counter', name: 'count', plan: (text: string) => `count the words of: ${text}` },
  async (text: string) => {
    const answer = once(counter, 'message')
    counter.postMessage(text)
    const [{ words: counted }] = (await answer) as [{ words: number }]
    if (values.fail === 'work' && text === sentences[10]) throw new Error('this sentence cannot be counted')
    words += counted
  },
)

async function countAll(monitor: HealthMonitor): Promise<void> {
  for (const [index, text] of sentences.entries()) {
    if (monitor.signal.aborted) return
    if (values.fail === 'worker' && index === 10) counter.postMessage('crash')
    // Reported by itself; the policy says what it means.
    await count(text).catch(() => undefined)
  }
}

await runActivity({ type: 'run', module: 'Controller', name: 'count everything' }, async (run) => {
  using monitor = monitorHealth({
    // When the worker dies, nothing else is left that could notice.
    keepAlive: true,
    ...(values.config === undefined ? {} : { configFile: values.config }),
    onStop: ({ message }) => run.fail(new Error(message)),
  })
  void countAll(monitor)
  // True once nothing that the run has started is open, false as soon as the monitor says stop.
  const quiescent = await tracker.waitQuiescent({ within: run, signal: monitor.signal })
  // An error of the last moment counts too.
  if (quiescent && (await monitor.check()) === undefined) run.complete(`${words} words`)
})
await counter.terminate()

const { completed, failed, cancelled } = tracker.snapshot().totals
console.log(
  JSON.stringify({ words, completed, failed, cancelled, errors: tracker.errors().map(({ message }) => message) }),
)

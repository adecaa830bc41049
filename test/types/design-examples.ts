// Every example of the public API as the design shows it. Never run: that it compiles is the test.
import {
  type ActivityTracker,
  currentActivity,
  getTracker,
  planActivity,
  runActivity,
  startActivity,
  startUnderway,
  trackActivity,
} from '../../src/index.js'

interface Batch {
  readonly rows: readonly number[]
}
interface Task {
  readonly id: string
}

export const trainStep = trackActivity(
  { module: 'Trainer', type: 'work_item' },
  async (batch: Batch) => batch.rows.length,
)

export class Worker {
  readonly label = 'w1'

  @trackActivity({
    module(this: Worker) {
      return this.label
    },
    group: 'rollout_worker',
  })
  async rollout(task: Task): Promise<string> {
    return `${this.label} ${task.id}`
  }
}

const decorate = trackActivity({ module: 'Trainer' })
export const decorated: (a: number) => string = decorate((a: number) => String(a))

export async function blocks(): Promise<void> {
  await runActivity({ module: 'Controller', name: 'validate', plan: 'Run 200 validation tasks' }, async (activity) => {
    activity.update('half way', { done: 100, total: 200 })
  })
  using activity = startActivity({ module: 'Api', name: 'GET /users' })
  using strict = startActivity({ module: 'Api', name: 'GET /users', leftAs: 'failed' })
  strict.complete()
  const job = planActivity({ module: 'Queue', name: 'resize' })
  job.start()
  job.complete('3 sizes written', { result: { files: 3 } })
  activity.start().update('x').heartbeat().log('x').set('k', 1)
  activity.cancel('why')
  activity.skip('why')
  activity.fail(new Error('x'))
  activity.run(() => activity.bind(() => activity.signal.aborted))
  const carrier: { traceparent?: string } = activity.inject({})
  const { traceId, spanId, traceFlags } = activity.spanContext()
  return void [carrier, traceId, spanId, traceFlags, activity.state, activity.progress?.percent, currentActivity()?.id]
}

export const allOptions = trackActivity(
  {
    module: 'M',
    name: 'n',
    group: 'g',
    type: 'run',
    kind: 'server',
    plan: 'p',
    attributes: { a: 1 },
    metadata: { b: {} },
    parent: null,
    links: [{ relation: 'retry_of', activity: 'id' }],
    attempt: { number: 1, of: 3 },
    severity: 'critical',
    silenceBudgetMillis: 1_000,
    timeoutMillis: 5_000,
    tracker: getTracker(),
    errors: { report: true, severity: 'warning' },
    result: (value) => value,
    did: (value) => `${value.length} rows`,
  },
  async (batch: Batch) => batch.rows,
)
export const moreOptions = startActivity({ id: 'job-7', startTime: new Date(), attempt: 2 })

export async function questions(tracker: ActivityTracker, signal: AbortSignal): Promise<unknown> {
  const quiescent: boolean = tracker.isQuiescent({ module: 'M', group: 'G', within: 'id', planned: false, self: true })
  const waited: boolean = await tracker.waitQuiescent({ timeoutMillis: 1_000, settleMillis: 50, signal, module: 'M' })
  const where: boolean = tracker.isQuiescent({ where: (activity) => activity.name === 'x' })
  const summary: string = tracker.runningSummary({ all: true })
  const paths: readonly string[] = tracker
    .blockers({ group: 'G' })
    .flatMap(({ path, ageMillis, silenceMillis }) => [...path, `${ageMillis} ${silenceMillis}`])
  tracker.on('run.failed', (change) => change.number)()
  tracker.subscribe((items) => items.length, { whenFull: 'gap' })()
  for await (const item of tracker.changes({ since: 'instance:1' })) return item
  tracker.registerModule('Trainer', { healthCheck: () => true, group: 'trainers' })
  const alive: boolean = await tracker.checkModuleLiveness({ timeoutMillis: 1_000 })
  const id: string = tracker.reportError(new Error('x'), { module: 'M', work: 'w', severity: 'warning' })
  tracker.step = 100
  const known = [
    tracker.modules(),
    tracker.errorHealth(),
    tracker.errors({}),
    tracker.openActivities({ module: 'M' }),
    tracker.activity(id),
  ]
  return [quiescent, waited, where, summary, paths, alive, known]
}

export function experiment(tracker: ActivityTracker): void {
  tracker.logScalars({ 'train/loss': 0.5 })
  tracker.logScalars({ train: { loss: 0.5 } }, { step: 7, run: 'first', at: new Date(0), backend: 'otlp' })
  tracker.notify({ title: 'done', content: 'all of it' }, { backend: 'slack' })
}

export async function set(): Promise<void> {
  await using underway = await startUnderway({ serviceName: 'trainer' })
  underway.status()
  await underway.flush()
}

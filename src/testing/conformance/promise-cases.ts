import {
  expectEqual,
  expectFailed,
  expectOpen,
  expectSame,
  expectSucceeded,
  expectThat,
  rejectionOf,
  reportedBy,
  turns,
} from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

class Job extends Promise<number> {
  kind(): string {
    return 'job'
  }
}

export const promiseCases = [
  wrappingCase('promise.value', 'the very value comes out', async ({ wrap }) => {
    const value = { deep: true }
    expectSame(await wrap('work', async () => value)(), value, 'value')
  }),
  wrappingCase('promise.open', 'the span is open until the promise settles', async (trial) => {
    const gate = Promise.withResolvers<void>()
    const pending = trial.wrap('work', () => gate.promise)()
    await turns()
    expectOpen(trial, 'work', 'while the promise was pending')
    gate.resolve()
    await pending
    await turns()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('promise.ended', 'the span has ended when the code after the `await` runs', async (trial) => {
    await trial.wrap('work', async () => {})()
    expectSucceeded(trial, 'work')
  }),
  wrappingCase('promise.rejection', 'the rejection comes out, the same', async ({ wrap }) => {
    const error = new RangeError('boom')
    const pending = wrap('work', () => Promise.reject(error))()
    expectSame((await rejectionOf(pending)).error, error, 'error')
  }),
  wrappingCase('promise.rejection-status', 'a rejection is an error status and one exception', async (trial) => {
    await rejectionOf(
      trial.wrap('work', async () => {
        throw new RangeError('boom')
      })(),
    )
    await turns()
    expectFailed(trial, 'work', 'boom')
  }),
  wrappingCase('promise.rejection-undefined', 'a rejection with `undefined` is a failure', async (trial) => {
    const pending = trial.wrap('work', () => Promise.reject(undefined))()
    expectSame((await rejectionOf(pending)).error, undefined, 'error')
    await turns()
    expectThat(trial.ended()[0]?.failed === true, 'there is no error status')
  }),
  wrappingCase('promise.unhandled', 'a rejection that nobody handles stays unhandled, once', async ({ wrap }) => {
    const error = new Error('nobody handles this')
    const reported = await reportedBy('unhandledRejection', () => {
      void wrap('work', () => Promise.reject(error))()
    })
    expectSame(reported.length, 1, 'unhandled rejections')
    expectSame(reported[0], error, 'error')
  }),
  wrappingCase('promise.handled', 'a rejection that is handled is quiet', async ({ wrap }) => {
    const reported = await reportedBy('unhandledRejection', async () => {
      await wrap('work', () => Promise.reject(new Error('handled')))().catch(() => {})
    })
    expectSame(reported.length, 0, 'unhandled rejections')
  }),
  wrappingCase('promise.subclass', 'a promise of a subclass stays one, with its methods', async ({ wrap }) => {
    const job = wrap('work', () => new Job((resolve) => resolve(1)))()
    expectThat(job instanceof Job, 'it is a promise of another class')
    expectSame(job.kind(), 'job', 'method')
    expectSame(await job, 1, 'value')
  }),
  wrappingCase('promise.own-methods', 'methods put on a promise are kept', async ({ wrap }) => {
    const request = () => Object.assign(Promise.resolve('{}'), { json: () => 'parsed' })
    const pending = wrap('work', request)()
    expectSame(typeof pending.json, 'function', 'type of the method')
    expectSame(pending.json(), 'parsed', 'method')
    expectSame(await pending, '{}', 'value')
  }),
  wrappingCase('promise.native', 'what comes back is a promise at once', ({ wrap }) => {
    expectThat(wrap('work', async () => 1)() instanceof Promise, 'it is no promise')
  }),
  wrappingCase('promise.sync-part', 'the part before the first `await` runs within the call', ({ wrap }) => {
    const order: string[] = []
    const pending = wrap('work', async () => {
      order.push('inside')
      await Promise.resolve()
    })()
    order.push('after')
    expectEqual(order, ['inside', 'after'], 'order')
    return pending
  }),
  wrappingCase('promise.few-turns', 'it settles at most four microtasks later than by itself', async ({ wrap }) => {
    let ticks = 0
    let counting = true
    const count = (): void => {
      ticks += 1
      if (counting && ticks < 50) queueMicrotask(count)
    }
    const pending = wrap('work', async () => {})()
    queueMicrotask(count)
    await pending
    counting = false
    expectThat(ticks <= 5, `it took ${ticks} microtasks`)
  }),
]

import { endedSpan, expectSame, expectThat, rejectionOf, thrownBy, turns } from './expectations.js'
import { wrappingCase } from './wrapping-case.js'

function abortError(): DOMException {
  return new DOMException('aborted', 'AbortError')
}

export const abortCases = [
  wrappingCase(
    'abort.of-another',
    'an AbortError of somebody else is a failure, and comes out the same',
    async (trial) => {
      const error = abortError()
      const pending = trial.wrap('work', () => Promise.reject(error))()
      expectSame((await rejectionOf(pending)).error, error, 'error')
      await turns()
      expectThat(endedSpan(trial, 'work').failed, 'there is no error status')
    },
  ),
  wrappingCase(
    'abort.own',
    'an AbortError after the own signal was aborted is a cancellation, and comes out the same',
    async (trial) => {
      const error = abortError()
      const pending = trial.wrap('work', async () => {
        trial.verdict('cancel')
        expectThat(trial.signal().aborted, 'the signal is not aborted')
        throw error
      })()
      expectSame((await rejectionOf(pending)).error, error, 'error')
      const span = endedSpan(trial, 'work')
      expectThat(span.cancelled === true && !span.failed, 'it is no cancellation')
    },
    ['signal', 'verdict'],
  ),
  wrappingCase(
    'abort.from-above',
    'an AbortError after one above was cancelled is a cancellation',
    async (trial) => {
      const child = trial.wrap('child', () => {
        const signal = trial.signal()
        return new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => reject(abortError()))
        })
      })
      await rejectionOf(
        trial.wrap('parent', () => {
          const pending = child()
          trial.verdict('cancel')
          return pending
        })(),
      )
      expectThat(endedSpan(trial, 'child').cancelled === true, 'it is no cancellation')
    },
    ['signal', 'verdict'],
  ),
  wrappingCase(
    'abort.complete-then-throw',
    'a throw after `complete` is a failure, and comes out the same',
    (trial) => {
      const error = new Error('boom')
      const work = trial.wrap('work', () => {
        trial.verdict('complete')
        throw error
      })
      expectSame(thrownBy(work).error, error, 'error')
      expectThat(endedSpan(trial, 'work').failed, 'there is no error status')
    },
    ['verdict'],
  ),
  wrappingCase(
    'abort.fail-then-return',
    'a return after `fail` is a failure, and the value comes back',
    (trial) => {
      const value = trial.wrap('work', () => {
        trial.verdict('fail')
        return 5
      })()
      expectSame(value, 5, 'value')
      expectThat(endedSpan(trial, 'work').failed, 'there is no error status')
    },
    ['verdict'],
  ),
  wrappingCase(
    'abort.verdict-open',
    'a verdict does not end the span while the function runs',
    async (trial) => {
      const gate = Promise.withResolvers<void>()
      const pending = trial.wrap('work', () => {
        trial.verdict('complete')
        return gate.promise
      })()
      await turns()
      expectSame(trial.ended().length, 0, 'ended spans')
      gate.resolve()
      await pending
      endedSpan(trial, 'work')
    },
    ['verdict'],
  ),
]

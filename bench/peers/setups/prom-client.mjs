import { Histogram } from 'prom-client'
import { activitiesPerIteration, module, nested } from '../../variants/functions.ts'

/** The timer of a histogram in the default registry, as its documentation has it. */
export async function setup({ variant }) {
  const seconds = new Histogram({
    name: 'work_duration_seconds',
    help: 'How long the work took.',
    labelNames: ['module', 'name'],
  })
  const wrapSync = (name, _line, fn) => (n) => {
    const end = seconds.startTimer({ module, name })
    try {
      return fn(n)
    } finally {
      end()
    }
  }
  const wrapAsync = (name, _line, fn) => async (n) => {
    const end = seconds.startTimer({ module, name })
    try {
      return await fn(n)
    } finally {
      end()
    }
  }
  return {
    iteration: nested(variant.async, variant.async ? wrapAsync : wrapSync),
    expected: (iterations) => ({ recorded: iterations * activitiesPerIteration }),
    async counted() {
      const { values } = await seconds.get()
      const counts = values.filter(({ metricName }) => metricName === 'work_duration_seconds_count')
      return { recorded: counts.reduce((sum, { value }) => sum + value, 0) }
    },
  }
}

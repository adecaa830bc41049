import { scalarReader } from '../../../src/otel/index.js'
import { lifecycleKey } from '../../../src/tracker/tracker.js'
import { experimentBackendContract } from '../../support/experiment-backend-contract.js'
import { ScalarReceiver } from '../../support/scalar-receiver.js'
import { newTracker } from '../../support/tracked.js'

/** What leaves over OpenTelemetry keeps the contract of every other place. */
experimentBackendContract(
  'OpenTelemetry',
  () => {
    const { tracker } = newTracker()
    const exporter = new ScalarReceiver()
    const reader = scalarReader({ tracker, exporter })
    reader.setMetricProducer({ collect: async () => ({ resourceMetrics: { resource: {} } }) })
    return {
      backend: {
        name: 'opentelemetry',
        async writeScalars(entries) {
          for (const entry of entries) tracker[lifecycleKey].scalars.publish(entry)
          await reader.forceFlush()
        },
        close: () => reader.shutdown(),
      },
      read: async () =>
        exporter.taken.map(({ run, scalar, step, value }) => ({
          run: String(run),
          scalar: String(scalar),
          step,
          value,
        })),
    }
  },
  { anyTime: false },
)

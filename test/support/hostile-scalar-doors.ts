import * as otel from '../../src/otel/index.js'
import type { Door, Scene } from './hostile-doors.js'
import type { Draw } from './hostile-draw.js'

const sourceKeys = ['tracker', 'maxPoints', 'maxSeries', 'maxAgeMillis']
const readerKeys = [...sourceKeys, 'exporter', 'exportIntervalMillis', 'exportTimeoutMillis', 'maxBatchSize']
const provider = { collect: async () => ({ resourceMetrics: { resource: {} } }) }

function exporterFor(draw: Draw): otel.ScalarExporter {
  return {
    export(_metrics, done) {
      if (draw.next() < 0.2) throw draw.value()
      done(draw.options({ code: 0 }, ['code', 'error']) as never)
    },
    shutdown: () => (draw.next() < 0.2 ? Promise.reject(new Error('shutdown')) : Promise.resolve()),
  }
}

/** Points that wait, an exporter that answers anything, and a provider. */
async function withReader(
  { tracker, clock }: Scene,
  draw: Draw,
  use: (reader: otel.ScalarReader) => unknown,
): Promise<void> {
  const reader = otel.scalarReader({ tracker, exporter: exporterFor(draw) })
  reader.setMetricProducer(provider)
  tracker.logScalars({ loss: 1 })
  await use(reader)
  // What never answers is waited for as long as the exporter may take.
  const end = reader.shutdown()
  for (let attempt = 0; attempt < 3; attempt += 1) await clock.advance(31_000)
  await end
}

async function withProducer({ tracker }: Scene, use: (producer: otel.ScalarProducer) => unknown): Promise<void> {
  const producer = otel.scalarProducer({ tracker })
  tracker.logScalars({ loss: 1 })
  await use(producer)
  producer.unregister()
}

/** The doors of scalars and messages. */
export const scalarDoors: Readonly<Record<string, Door>> = {
  '. ActivityTracker.logScalars': ({ tracker }, draw) => {
    const values = draw.options({ loss: 1 }, ['loss', 'nested', 'other'])
    tracker.logScalars(values as never, draw.options({}, ['step', 'run', 'at', 'backend']) as never)
    tracker.logScalars({ loss: 1, nested: draw.value() } as never)
  },
  '. ActivityTracker.notify': ({ tracker }, draw) => {
    const message = draw.options({ title: 'done', content: 'all' }, ['title', 'content'])
    tracker.notify(message as never, draw.options({}, ['backend']) as never)
  },
  '. ActivityTracker.subscribeScalars': ({ tracker }, draw) => {
    const listener = draw.either(() => draw.value())
    const end = tracker.subscribeScalars(listener as never, draw.options({}, ['name', 'maxBatch', 'whenFull']) as never)
    tracker.logScalars({ loss: 1 })
    end()
  },
  '. ActivityTracker.scalarAggregator': ({ tracker }, draw) => {
    const options = draw.options({}, ['run', 'backend', 'maxSteps', 'quietMillis'])
    tracker.scalarAggregator(options as never).add({ loss: 1 })
  },
  '. ScalarAggregator.add': ({ tracker }, draw) => {
    const values = draw.options({ loss: 1 }, ['loss', 'nested'])
    tracker.scalarAggregator().add(values as never, draw.options({}, ['step']) as never)
  },
  '. ScalarAggregator.flush': ({ tracker }, draw) => {
    const aggregator = tracker.scalarAggregator()
    aggregator.add({ loss: draw.next() })
    aggregator.flush()
  },
  '. ScalarAggregator.[dispose]': ({ tracker }) => tracker.scalarAggregator()[Symbol.dispose](),
  'otel scalarReader': async ({ tracker, clock }, draw) => {
    const good = { tracker, exporter: exporterFor(draw) }
    const end = otel.scalarReader(draw.options(good, readerKeys) as never).shutdown()
    await clock.advance(1)
    await end
  },
  'otel ScalarReader.status': (at, draw) => withReader(at, draw, (reader) => reader.status()),
  'otel ScalarReader.setMetricProducer': (at, draw) =>
    withReader(at, draw, (reader) => {
      reader.setMetricProducer(draw.options(provider, ['collect']) as never)
      void reader.forceFlush()
    }),
  'otel ScalarReader.selectAggregation': (at, draw) =>
    withReader(at, draw, (reader) => reader.selectAggregation(draw.value() as never)),
  'otel ScalarReader.selectAggregationTemporality': (at, draw) =>
    withReader(at, draw, (reader) => reader.selectAggregationTemporality(draw.value() as never)),
  'otel ScalarReader.selectCardinalityLimit': (at, draw) =>
    withReader(at, draw, (reader) => reader.selectCardinalityLimit(draw.value() as never)),
  'otel ScalarReader.collect': (at, draw) => withReader(at, draw, (reader) => reader.collect()),
  'otel ScalarReader.forceFlush': (at, draw) =>
    withReader(at, draw, (reader) => void reader.forceFlush(draw.options({}, ['timeoutMillis']) as never)),
  'otel ScalarReader.shutdown': (at, draw) =>
    withReader(at, draw, (reader) => void reader.shutdown(draw.options({}, ['timeoutMillis']) as never)),
  'otel scalarProducer': async ({ tracker }, draw) => {
    const producer = otel.scalarProducer(draw.options({ tracker }, [...sourceKeys, 'maxBatchSize']) as never)
    await producer.collect()
    producer.unregister()
  },
  'otel ScalarProducer.status': (at) => withProducer(at, (producer) => producer.status()),
  'otel ScalarProducer.collect': (at) => withProducer(at, (producer) => producer.collect()),
  'otel ScalarProducer.unregister': (at) => withProducer(at, (producer) => producer.unregister()),
  'otel ScalarProducer.[dispose]': (at) => withProducer(at, (producer) => producer[Symbol.dispose]()),
}

/** What is measured of a way to log scalars. */
export const scalarUnits = {
  cpu: 'ns per scalar',
  memory: 'B per waiting point',
  wire: 'B per 1,000 points',
} as const

export interface ScalarVariant {
  readonly measure: keyof typeof scalarUnits
  readonly subject: 'buffered' | 'sent' | 'aggregated' | 'otel' | 'prom' | 'prom-latest' | 'mlflow'
  readonly what: string
  readonly gzip?: boolean
}

const ours = '`logScalars` of four, `scalarReader`'
const gauge = 'a gauge of the OpenTelemetry SDK, a label for the step'
const prom = "prom-client's gauge, a label for the step"

/** Every variant by name; docs/benchmarks.md lists the same. */
export const scalarVariants: Readonly<Record<string, ScalarVariant>> = {
  'scalar-logged': { measure: 'cpu', subject: 'buffered', what: `${ours} that only keeps them` },
  'scalar-sent': { measure: 'cpu', subject: 'sent', what: `${ours}, written as protobuf` },
  'scalar-aggregated': {
    measure: 'cpu',
    subject: 'aggregated',
    what: '`scalarAggregator` of four, a thousand to a step',
  },
  'scalar-otel-gauge': { measure: 'cpu', subject: 'otel', what: `${gauge}, which the SDK merges from 2,000 on` },
  'scalar-prom-gauge': { measure: 'cpu', subject: 'prom', what: prom },
  'scalar-prom-latest': {
    measure: 'cpu',
    subject: 'prom-latest',
    what: "prom-client's gauge without a step, which keeps the latest value",
  },
  'scalar-mlflow': {
    measure: 'cpu',
    subject: 'mlflow',
    what: "`log_batch` of MLflow's client, a thousand scalars at a time, into SQLite",
  },
  'scalar-memory': { measure: 'memory', subject: 'buffered', what: ours },
  'scalar-memory-otel-gauge': { measure: 'memory', subject: 'otel', what: `${gauge}, its limit raised` },
  'scalar-memory-prom-gauge': { measure: 'memory', subject: 'prom', what: prom },
  'scalar-memory-mlflow': {
    measure: 'memory',
    subject: 'mlflow',
    what: "`log_batch` of four of MLflow's client, `synchronous=False`",
  },
  'scalar-bytes': { measure: 'wire', subject: 'sent', what: 'value and step, two data points each, OTLP protobuf' },
  'scalar-bytes-otel-gauge': { measure: 'wire', subject: 'otel', what: `${gauge}, OTLP protobuf` },
  'scalar-bytes-prom-gauge': { measure: 'wire', subject: 'prom', what: `${prom}, the text of one scrape` },
  'scalar-bytes-mlflow': { measure: 'wire', subject: 'mlflow', what: "`log_batch` of MLflow's client, JSON" },
  'scalar-gzip': { measure: 'wire', subject: 'sent', gzip: true, what: 'the same as `scalar-bytes`, compressed' },
  'scalar-gzip-otel-gauge': {
    measure: 'wire',
    subject: 'otel',
    gzip: true,
    what: 'the same as `scalar-bytes-otel-gauge`, compressed',
  },
  'scalar-gzip-prom-gauge': {
    measure: 'wire',
    subject: 'prom',
    gzip: true,
    what: 'the same as `scalar-bytes-prom-gauge`, compressed',
  },
  'scalar-gzip-mlflow': {
    measure: 'wire',
    subject: 'mlflow',
    gzip: true,
    what: 'the same as `scalar-bytes-mlflow`, compressed, which the client does not do',
  },
}

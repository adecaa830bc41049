import type { VariableReader } from './environment-values.js'

export type Signal = 'traces' | 'metrics' | 'logs'
export const signals: readonly Signal[] = ['traces', 'metrics', 'logs']

const protocols = ['http/protobuf', 'http/json'] as const

/** How long one export may take; for metrics the interval between two bounds it too. */
const exportTimeouts: Readonly<Record<Signal, string>> = {
  traces: 'OTEL_BSP_EXPORT_TIMEOUT',
  metrics: 'OTEL_METRIC_EXPORT_TIMEOUT',
  logs: 'OTEL_BLRP_EXPORT_TIMEOUT',
}

/** Where the data of one signal goes, and how. */
export interface OtlpTarget {
  readonly url: string
  readonly protocol: (typeof protocols)[number]
  readonly headers: Readonly<Record<string, string>>
  /** For one export with all its retries. */
  readonly timeoutMillis: number
  readonly compression: 'gzip' | 'none'
  /** Paths of PEM files. */
  readonly certificate: string | undefined
  readonly clientCertificate: string | undefined
  readonly clientKey: string | undefined
}

const defaultEndpoint = 'http://localhost:4318'

export function readOtlpTarget(read: VariableReader, signal: Signal): OtlpTarget {
  const of = (what: string): string => `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${what}`
  const shared = (what: string): string => `OTEL_EXPORTER_OTLP_${what}`
  const either = (what: string): string => (read.text(of(what)) === undefined ? shared(what) : of(what))
  return {
    url:
      endpointUrl(read, of('ENDPOINT'), '') ??
      endpointUrl(read, shared('ENDPOINT'), `v1/${signal}`) ??
      `${defaultEndpoint}/v1/${signal}`,
    protocol: readProtocol(read, either('PROTOCOL')),
    headers: { ...read.pairs(shared('HEADERS')), ...read.pairs(of('HEADERS')) },
    timeoutMillis: Math.min(read.timeout(either('TIMEOUT'), 10_000), read.timeout(exportTimeouts[signal], 30_000)),
    compression: read.oneOf(either('COMPRESSION'), ['gzip', 'none'], 'none'),
    certificate: read.text(either('CERTIFICATE')),
    clientCertificate: read.text(either('CLIENT_CERTIFICATE')),
    clientKey: read.text(either('CLIENT_KEY')),
  }
}

function readProtocol(read: VariableReader, name: string): OtlpTarget['protocol'] {
  if (read.text(name)?.toLowerCase() !== 'grpc') return read.oneOf(name, protocols, 'http/protobuf')
  // The name of the endpoint's variable and its usual port are what somebody needs who comes from gRPC.
  const endpoint = name.replace(/PROTOCOL$/, 'ENDPOINT')
  read.say(
    name,
    `grpc is not spoken here; using http/protobuf, so let ${endpoint} name the HTTP port of the collector, usually 4318`,
  )
  return 'http/protobuf'
}

/** The endpoint of a signal is used as it is; to the common one the signal's path is added. */
function endpointUrl(read: VariableReader, name: string, path: string): string | undefined {
  const given = read.text(name)
  if (given === undefined) return undefined
  try {
    const url = new URL(given)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('protocol')
    if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`
    return url.href
  } catch {
    read.refuse(name, 'an http:// or https:// address', undefined)
    return undefined
  }
}

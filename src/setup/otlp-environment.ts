import type { VariableReader } from './environment-values.js'

export type Signal = 'traces' | 'metrics' | 'logs'
export const signals: readonly Signal[] = ['traces', 'metrics', 'logs']

/** Where the data of one signal goes, and how. */
export interface OtlpTarget {
  readonly url: string
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
  // Only this protocol is spoken; a gRPC endpoint would not understand it.
  read.oneOf(either('PROTOCOL'), ['http/protobuf'], 'http/protobuf')
  return {
    url:
      endpointUrl(read, of('ENDPOINT'), '') ??
      endpointUrl(read, shared('ENDPOINT'), `v1/${signal}`) ??
      `${defaultEndpoint}/v1/${signal}`,
    headers: { ...read.pairs(shared('HEADERS')), ...read.pairs(of('HEADERS')) },
    timeoutMillis: read.count(either('TIMEOUT'), 10_000, 1),
    compression: read.oneOf(either('COMPRESSION'), ['gzip', 'none'], 'none'),
    certificate: read.text(either('CERTIFICATE')),
    clientCertificate: read.text(either('CLIENT_CERTIFICATE')),
    clientKey: read.text(either('CLIENT_KEY')),
  }
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

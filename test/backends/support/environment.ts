export const loopback = '127.0.0.1'

export const portNames = [
  'COLLECTOR_HEALTH_PORT',
  'COLLECTOR_GRPC_PORT',
  'COLLECTOR_HTTP_PORT',
  'COLLECTOR_METRICS_PORT',
  'JAEGER_GRPC_PORT',
  'JAEGER_HTTP_PORT',
  'JAEGER_HEALTH_PORT',
  'JAEGER_METRICS_PORT',
  'JAEGER_QUERY_PORT',
  'JAEGER_QUERY_GRPC_PORT',
  'PROMETHEUS_PORT',
] as const
export type Ports = Readonly<Record<(typeof portNames)[number], number>>

export function loopbackUrl(port: number): string {
  return `http://${loopback}:${port}`
}

/** A value for every `${env:NAME:-default}` in our files. */
export function stackEnvironment(ports: Ports, logEventsFile: string): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    COLLECTOR_HOST: loopback,
    JAEGER_HOST: loopback,
    JAEGER_ENDPOINT: `${loopback}:${ports.JAEGER_GRPC_PORT}`,
    PROMETHEUS_URL: loopbackUrl(ports.PROMETHEUS_PORT),
    COLLECTOR_LOG_FILE: logEventsFile,
  }
}

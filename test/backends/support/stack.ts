import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, executablePath } from '../../../scripts/backends/program.js'
import { programs } from '../../../scripts/backends/programs.js'
import { repositoryRoot } from '../../support/repository.js'
import { type BackendOptions, BackendProcess } from './backend-process.js'
import { loopback, loopbackUrl, type Ports, portNames, stackEnvironment } from './environment.js'
import { freePorts } from './free-ports.js'

const attempts = 3

/** Collector, Jaeger and Prometheus on loopback, with the repository's own configuration files. */
export interface Stack {
  /** Base URL for OTLP over HTTP, without `/v1/…`. */
  readonly otlpUrl: string
  readonly jaegerUrl: string
  readonly prometheusUrl: string
  /** Where the Collector writes log events, a line of OTLP/JSON per batch. */
  readonly logEventsFile: string
  /** Has Prometheus fetch metrics from `host:port` too, as the given job. */
  scrape(job: string, target: string): void
  /** The end of what each program wrote. */
  logTails(): string
  /** Ends the Collector as an operator would, while the others go on. */
  stopCollector(): Promise<void>
  /** Starts it again, on the same ports. */
  startCollector(): Promise<void>
  stop(): Promise<void>
}

export interface StackOptions {
  /** The file of rules. @defaultValue that of the repository */
  readonly rules?: string
}

/** Somebody else may take a port between the search and the start: then with others. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options)
    } catch (error) {
      if (attempt === attempts || !String(error).includes('address already in use')) throw error
    }
  }
}

async function startOnce({ rules }: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'underway-backends-'))
  const ports = await freePorts(portNames)
  const logEventsFile = join(folder, 'collector', 'log-events.jsonl')
  const env = stackEnvironment(ports, logEventsFile)
  const started: BackendProcess[] = []
  const stopCollector = async () => {
    const at = started.findIndex(({ name }) => name === 'collector')
    if (at >= 0) await started.splice(at, 1)[0]?.stop()
  }
  const startCollector = async () => {
    started.push(await BackendProcess.start({ ...collector(folder, ports), env }))
  }
  const stop = async () => {
    // The Collector first: it sends on what it still has.
    await stopCollector()
    await Promise.all(started.map((backend) => backend.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const starts = [prometheus(folder, ports, rules), jaeger(folder, ports), collector(folder, ports)]
    const outcomes = await Promise.allSettled(
      starts.map(async (options) => started.push(await BackendProcess.start({ ...options, env }))),
    )
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  } catch (error) {
    await stop()
    throw error
  }
  return {
    otlpUrl: loopbackUrl(ports.COLLECTOR_HTTP_PORT),
    jaegerUrl: loopbackUrl(ports.JAEGER_QUERY_PORT),
    prometheusUrl: loopbackUrl(ports.PROMETHEUS_PORT),
    logEventsFile,
    scrape: (job, target) =>
      writeFileSync(join(folder, 'prometheus/targets/backends.yml'), targetsFile(ports, [{ job, target }])),
    logTails: () => started.map((backend) => backend.logTail()).join('\n'),
    stopCollector,
    startCollector,
    stop,
  }
}

function collector(folder: string, ports: Ports): BackendOptions {
  return {
    name: 'collector',
    file: executablePath(programs.collector, cacheFolder(process.env)),
    args: ['--config', join(repositoryRoot, 'collector-config.yaml')],
    cwd: folder,
    readyUrl: `${loopbackUrl(ports.COLLECTOR_HEALTH_PORT)}/`,
    logFile: join(folder, 'collector.log'),
  }
}

function jaeger(folder: string, ports: Ports): BackendOptions {
  return {
    name: 'jaeger',
    file: executablePath(programs.jaeger, cacheFolder(process.env)),
    args: ['--config', join(repositoryRoot, 'deploy/jaeger/config.yaml')],
    cwd: folder,
    readyUrl: `${loopbackUrl(ports.JAEGER_HEALTH_PORT)}/status`,
    logFile: join(folder, 'jaeger.log'),
  }
}

/** The same files as in `docker-compose.yml`, next to targets of its own. */
function prometheus(folder: string, ports: Ports, rules: string | undefined): BackendOptions {
  const home = join(folder, 'prometheus')
  mkdirSync(join(home, 'targets'), { recursive: true })
  copyFileSync(join(repositoryRoot, 'deploy/prometheus/prometheus.yml'), join(home, 'prometheus.yml'))
  cpSync(join(repositoryRoot, 'deploy/prometheus/rules'), join(home, 'rules'), { recursive: true })
  if (rules !== undefined) writeFileSync(join(home, 'rules/underway.yml'), rules)
  writeFileSync(join(home, 'targets/backends.yml'), targetsFile(ports))
  writeFileSync(join(home, 'targets/alertmanagers.yml'), '[]')
  return {
    name: 'prometheus',
    file: executablePath(programs.prometheus, cacheFolder(process.env)),
    args: [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=${loopback}:${ports.PROMETHEUS_PORT}`,
      '--web.enable-otlp-receiver',
      '--enable-feature=exemplar-storage',
    ],
    cwd: folder,
    readyUrl: `${loopbackUrl(ports.PROMETHEUS_PORT)}/-/ready`,
    logFile: join(folder, 'prometheus.log'),
  }
}

/** Whom Prometheus asks: the programs of the stack, and more. JSON is YAML. */
function targetsFile(ports: Ports, more: readonly { readonly job: string; readonly target: string }[] = []): string {
  const own = [
    { job: 'otel-collector', target: `${loopback}:${ports.COLLECTOR_METRICS_PORT}` },
    { job: 'jaeger', target: `${loopback}:${ports.JAEGER_METRICS_PORT}` },
    { job: 'prometheus', target: `${loopback}:${ports.PROMETHEUS_PORT}` },
  ]
  return JSON.stringify([...own, ...more].map(({ job, target }) => ({ targets: [target], labels: { job } })))
}

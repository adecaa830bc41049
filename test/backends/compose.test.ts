import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cacheFolder, executablePath } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { repositoryRoot } from '../support/repository.js'
import { usePrograms } from './support/use-stack.js'

interface Service {
  readonly image: string
  readonly ports?: readonly { readonly host_ip?: string; readonly target: number; readonly published: string }[]
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[]
}

usePrograms(programs.composeConfig)

const composeFile = join(repositoryRoot, 'docker-compose.yml')

/** What compose makes of a file, checked by its own schema. */
function load(file: string, env: Readonly<Record<string, string>> = {}): Record<string, Service> {
  const loader = executablePath(programs.composeConfig, cacheFolder(process.env))
  const json = execFileSync(loader, [file], { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' })
  return (JSON.parse(json.toString()) as { services: Record<string, Service> }).services
}

function published(services: Record<string, Service>): string[] {
  return Object.values(services).flatMap(({ ports = [] }) =>
    ports.map((port) => `${port.host_ip}:${port.published}:${port.target}`),
  )
}

describe('docker-compose.yml', () => {
  test('is accepted by the loader of compose and has the five backends', () => {
    const names = ['alertmanager', 'grafana', 'jaeger', 'otel-collector', 'prometheus']
    expect(Object.keys(load(composeFile)).sort()).toEqual(names)
  })

  test('publishes on loopback only, at the usual ports unless the environment says others', () => {
    const usual = [3000, 4317, 4318, 9090, 9093, 13133, 16686].map((port) => `127.0.0.1:${port}:${port}`)
    expect(published(load(composeFile)).sort()).toEqual(usual.sort())
    const other = published(load(composeFile, { JAEGER_QUERY_PORT: '26686' }))
    expect(other).toContain('127.0.0.1:26686:16686')
  })

  test('mounts files that exist', () => {
    const binds = Object.values(load(composeFile)).flatMap(({ volumes = [] }) =>
      volumes.filter(({ type }) => type === 'bind').map(({ source }) => source),
    )
    expect(binds).toHaveLength(6)
    expect(binds.filter((source) => !existsSync(source))).toEqual([])
  })

  test('has a service for every host that the configuration files name', () => {
    const services = Object.keys(load(composeFile))
    const folder = join(repositoryRoot, 'deploy/prometheus/targets')
    const targets = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    const others = ['collector-config.yaml', 'deploy/grafana/provisioning/datasources/datasources.yaml']
    const texts = [...targets, ...others.map((path) => readFileSync(join(repositoryRoot, path), 'utf8'))]
    const hosts = texts.flatMap((text) =>
      [...text.matchAll(/(?:'|:-|\/\/)([a-z][\w-]*):\d{4}/g)].map(([, host]) => host),
    )
    expect([...new Set(hosts)].sort()).toEqual(services.filter((name) => name !== 'grafana').sort())
  })
})

test.each([
  ['a key that compose does not know', 'services: { a: { image: x, imagee: y } }'],
  ['a service that is not there', 'services: { a: { image: x, depends_on: [b] } }'],
  ['a volume that is not declared', 'services: { a: { image: x, volumes: ["data:/data"] } }'],
])('the loader refuses %s', (_what, text) => {
  const folder = mkdtempSync(join(tmpdir(), 'underway-compose-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'compose.yml')
  writeFileSync(file, text)
  expect(() => load(file)).toThrow(/validating|depends on|undefined volume/)
})

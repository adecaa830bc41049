import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { versions } from '../../scripts/backends/versions.js'
import { type Ports, portNames, stackEnvironment } from '../backends/support/environment.js'
import { repositoryRoot } from '../support/repository.js'

const configured = ['collector-config.yaml', 'deploy/jaeger/config.yaml']
const variable = /\$\{env:([A-Z_]+):-([^}]*)\}/g

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8').replaceAll(/^\s*#.*$| +#.*$/gm, '')
}

describe.each(configured)('%s', (path) => {
  const text = read(path)

  test('takes every host, port and file from the environment', () => {
    const places = [...text.matchAll(/\b(?:endpoint|host|port|path): *("[^"]*"|[^\s,}]+)/g)].map(
      ([, value = '']) => value,
    )
    expect(places.length).toBeGreaterThan(5)
    const fixed = places.filter((value) => !/^"(:|\/[\w/]+)*"$/.test(value.replaceAll(variable, '')))
    expect(fixed).toEqual([])
    expect(text.replaceAll(variable, '')).not.toMatch(/:\d{2,5}\b|localhost|127\.|0\.0\.0\.0/)
  })

  test('gives every variable a default', () => {
    expect(text.replaceAll(variable, '')).not.toContain('${')
    expect([...text.matchAll(variable)].filter(([, , value]) => value === '')).toEqual([])
  })
})

test('a variable has one default in all files, and the tests set every variable', () => {
  const defaults = new Map<string, Set<string>>()
  for (const [, name = '', value = ''] of configured.map(read).join('\n').matchAll(variable)) {
    defaults.set(name, (defaults.get(name) ?? new Set()).add(value))
  }
  expect([...defaults].filter(([, values]) => values.size > 1)).toEqual([])
  const ports = Object.fromEntries(portNames.map((name) => [name, 1])) as Ports
  const { PROMETHEUS_PORT, ...set } = stackEnvironment(ports, 'file')
  expect(PROMETHEUS_PORT).toBe('1')
  expect([...defaults.keys()].sort()).toEqual(Object.keys(set).sort())
})

describe('the versions that are built', () => {
  test('are those of the images in docker-compose.yml', () => {
    const images = Object.fromEntries(
      [...read('docker-compose.yml').matchAll(/image: ([^\s:]+):v?(\S+)/g)].map(([, image, tag]) => [image, tag]),
    )
    expect(images).toMatchObject({
      'otel/opentelemetry-collector-contrib': versions.collector,
      'jaegertracing/jaeger': versions.jaeger,
      'prom/prometheus': versions.prometheus,
      'prom/alertmanager': versions.alertmanager,
    })
    for (const tag of Object.values(images)) expect(tag).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('are those of every part of the Collector', () => {
    const parts = [...read('scripts/backends/collector/manifest.yaml').matchAll(/gomod: (\S+) v(\S+)/g)]
    const beta = parts.filter(([, , version]) => version?.startsWith('0.'))
    expect(beta.map(([, , version]) => version)).toEqual(beta.map(() => versions.collector))
    expect(beta.length).toBeGreaterThan(8)
    expect(parts.every(([, , version]) => version?.startsWith('0.') || version?.startsWith('1.'))).toBe(true)
    expect(read('scripts/backends/collector/manifest.yaml')).toContain(`version: ${versions.collector},`)
  })

  test('are those that Grafana is told, and that Prometheus counts its module by', () => {
    expect(read('deploy/grafana/provisioning/datasources/datasources.yaml')).toContain(
      `prometheusVersion: ${versions.prometheus}\n`,
    )
    const [major, minor, patch] = versions.prometheus.split('.')
    expect(versions.prometheusModule).toBe(`0.${major}${minor?.padStart(2, '0')}.${patch}`)
  })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { command } from '../../scripts/backends/go.js'
import { cacheFolder, executablePath } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { dashboards, readDeployed } from '../support/deploy-files.js'
import { repositoryRoot } from '../support/repository.js'
import { shaped } from './support/grafana-frames.js'
import { grafanaIsMissing } from './support/grafana-packages.js'
import { problemsOf } from './support/grafana-schema.js'
import { usePrograms } from './support/use-stack.js'

const provisioning = 'grafana/provisioning'

describe('by the models of its HTTP API that Grafana publishes', () => {
  usePrograms(programs.grafanaFiles)

  /** Rejects with what does not fit. */
  function check(kind: string, text: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'underway-grafana-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'file.yaml'), text)
    const checker = executablePath(programs.grafanaFiles, cacheFolder(process.env))
    return command(checker, [kind, 'file.yaml'], { cwd: folder })
  }

  test.each([
    ['datasources', 'datasources/datasources.yaml', 'isDefault: true', 'isDefalt: true', 'unknown field "isDefalt"'],
    ['datasources', 'datasources/datasources.yaml', 'isDefault: true', 'isDefault: 1', 'into Go struct field'],
    ['datasources', 'datasources/datasources.yaml', 'uid: jaeger\n    type', 'type', 'lacks a name'],
    ['dashboards', 'dashboards/dashboards.yaml', 'allowUiUpdates', 'allowUpdates', 'unknown field "allowUpdates"'],
    ['dashboards', 'dashboards/dashboards.yaml', 'Seconds: 30', 'Seconds: 30s', 'into Go struct field'],
    ['alerting', 'alerting/rules.yaml', 'noDataState: OK', 'noDataState: Fine', 'noDataState in body should be one of'],
    ['alerting', 'alerting/rules.yaml', 'execErrState', 'execErrorState', 'unknown field "execErrorState"'],
    ['alerting', 'alerting/rules.yaml', 'from: 600', 'from: 10m', 'into Go struct field'],
  ])('%s: %s is accepted, and not with "%s" as "%s"', async (kind, path, ours, other, complaint) => {
    const text = readDeployed(`${provisioning}/${path}`)
    await check(kind, text)
    expect(text).toContain(ours)
    await expect(check(kind, text.replace(ours, other))).rejects.toThrow(complaint)
  })
})

describe.skipIf(grafanaIsMissing)('by the types that Grafana publishes', () => {
  test('which are of the version of the image', () => {
    const [, version] =
      /grafana\/grafana:([\d.]+)/.exec(readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8')) ?? []
    const { dependencies } = JSON.parse(
      readFileSync(join(import.meta.dirname, 'fixtures/grafana/package.json'), 'utf8'),
    ) as { readonly dependencies: Readonly<Record<string, string>> }
    expect(version).toBeDefined()
    expect([dependencies['@grafana/data'], dependencies['@grafana/schema']]).toEqual([version, version])
  })

  test.each(dashboards())('the dashboard $title has no key and no value that they do not know', (dashboard) => {
    expect(problemsOf('Dashboard', dashboard)).toEqual([])
  })

  test.each([
    ['a key of a panel', '"gridPos"', '"gridPosition"', 'gridPosition'],
    ['an option', '"graphMode"', '"graphModes"', 'graphModes'],
    ['a field', '"lineWidth"', '"lineWidht"', 'lineWidht'],
    ['a key of a query', '"legendFormat"', '"legend"', 'legend'],
    ['a key of a variable', '"allValue"', '"allValues"', 'allValues'],
    ['a type of panel', '"type": "state-timeline"', '"type": "statetimeline"', 'must be in oneOf'],
    ['a word', '"placement": "bottom"', '"placement": "below"', 'must be equal to one of'],
    ['a type of value', '"h": 4', '"h": "4"', 'must be number'],
  ])('they know no other %s: not %s as %s', (_what, ours, other, complaint) => {
    const text = readDeployed('grafana/dashboards/underway.json')
    expect(text).toContain(ours)
    const problems = problemsOf('Dashboard', JSON.parse(text.replace(ours, other)))
    expect(problems.join('\n')).toContain(complaint)
  })

  interface DataSource {
    readonly name: string
    readonly type: string
    readonly jsonData: object
  }

  const { datasources } = parse(readDeployed(`${provisioning}/datasources/datasources.yaml`)) as {
    readonly datasources: readonly DataSource[]
  }

  test.each(datasources)('the settings of the data source $name fit, and with a key more they do not', (source) => {
    const { type, jsonData } = source
    expect(problemsOf('DataSource', { type, jsonData })).toEqual([])
    expect(problemsOf('DataSource', { type, jsonData: { ...jsonData, timeIntervall: '60s' } })).toEqual([
      '/jsonData must NOT have additional properties timeIntervall',
    ])
  })

  test('an example leads to Jaeger by the settings of Prometheus', () => {
    const settings = datasources.find(({ type }) => type === 'prometheus')?.jsonData
    const traces = { name: 'trace_id', type: 'string', config: {}, values: ['4bf92f3577b34da6a3ce929d0e0e4736'] }
    const answer = { refId: 'A', meta: { custom: { resultType: 'exemplar' } }, length: 1, fields: [traces] }
    const [frame] = shaped([answer], [{ refId: 'A' }], settings)
    expect(frame?.fields[0]?.config.links).toMatchObject([
      {
        title: 'Open trace',
        internal: { datasourceUid: 'jaeger', query: { query: expect.stringContaining('__value.raw') } },
      },
    ])
  })

  const { groups } = parse(readDeployed(`${provisioning}/alerting/rules.yaml`)) as {
    readonly groups: readonly {
      readonly rules: readonly { readonly title: string; readonly data: readonly { readonly model: object }[] }[]
    }[]
  }

  test.each(groups.flatMap(({ rules }) => rules))('the query of the alert $title fits', ({ data: [query] }) => {
    expect(problemsOf('PrometheusQuery', query?.model)).toEqual([])
    expect(problemsOf('PrometheusQuery', { ...query?.model, expr: 1 })).toEqual(['/expr must be string'])
  })
})

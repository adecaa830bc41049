import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alertRules, runbookPage } from '../../scripts/deploy/alerts.js'
import { generatedFiles } from '../../scripts/deploy/files.js'
import { prometheusRules } from '../../scripts/deploy/prometheus-rules.js'
import { dashboards, deployedRules, panelsOf, queriesOf, readDeployed } from '../support/deploy-files.js'
import { repositoryRoot } from '../support/repository.js'

test.each(Object.keys(generatedFiles()))('deploy/%s is what is generated (npm run generate:deploy)', (path) => {
  expect(readDeployed(path)).toBe(generatedFiles()[path])
})

interface DataSources {
  readonly datasources: readonly {
    readonly uid: string
    readonly jsonData: {
      readonly alertmanagerUid?: string
      readonly exemplarTraceIdDestinations?: readonly { readonly datasourceUid: string }[]
      readonly tracesToMetrics?: { readonly datasourceUid: string }
    }
  }[]
}

const { datasources } = parse(readDeployed('grafana/provisioning/datasources/datasources.yaml')) as DataSources
const uids = datasources.map(({ uid }) => uid)

test('data sources lead from a metric to a trace, from a trace to metrics, and from rules to alerts', () => {
  const links = datasources.map(
    ({ uid, jsonData: { alertmanagerUid, exemplarTraceIdDestinations, tracesToMetrics } }) => [
      uid,
      exemplarTraceIdDestinations?.[0]?.datasourceUid ?? tracesToMetrics?.datasourceUid,
      alertmanagerUid,
    ],
  )
  expect(links).toEqual([
    ['prometheus', 'jaeger', 'alertmanager'],
    ['jaeger', 'prometheus', undefined],
    ['alertmanager', undefined, undefined],
  ])
})

describe('the dashboards', () => {
  test('are found where Grafana is told to look, and one of them is its first page', () => {
    const provider = parse(readDeployed('grafana/provisioning/dashboards/dashboards.yaml')) as {
      readonly providers: readonly { readonly options: { readonly path: string } }[]
    }
    const { services } = parse(readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8')) as {
      readonly services: {
        readonly grafana: { readonly environment: Record<string, string>; readonly volumes: string[] }
      }
    }
    const path = provider.providers[0]?.options.path ?? ''
    expect(services.grafana.volumes).toContain(`./deploy/grafana/dashboards:${path}:ro`)
    const home = services.grafana.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? ''
    expect(existsSync(join(repositoryRoot, 'deploy/grafana/dashboards', home.replace(`${path}/`, '')))).toBe(true)
  })

  test.each(dashboards())('$title says what each panel shows, and asks a data source that is there', (dashboard) => {
    const panels = panelsOf(dashboard)
    expect(panels.length).toBeGreaterThan(5)
    for (const { title, description } of panels) expect(description, title).toBeTruthy()
    for (const { panel, datasource } of queriesOf(dashboard)) expect(uids, panel).toContain(datasource)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
  })

  test.each(dashboards())('$title uses the variables that it has, and no other', (dashboard) => {
    const known = dashboard.templating.list.map(({ name }) => name)
    const text = JSON.stringify(dashboard)
    const used = [...text.matchAll(/\$([a-z]\w*)/g)].map(([, name]) => name)
    expect([...new Set(used)].sort()).toEqual(known.sort())
  })
})

test('the rules that are driven to firing are those installed, with every time in them divided by 60', () => {
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60 }
  const seconds = (text: string): string =>
    text
      .replaceAll(/\b(\d+)(ms|s|m)\b/g, (_, number: string, unit: string) => `${Number(number) * (units[unit] ?? 0)} s`)
      .replaceAll(/(silence.*> )(\d+)/g, '$1$2 s')
  const inSixtieths = seconds(prometheusRules()).replaceAll(
    /\b(\d+) s\b/g,
    (_, number: string) => `${Number(number) / 60} s`,
  )
  const withoutTexts = (rules: string): string => rules.replaceAll(/^ +description: .*$/gm, '')
  expect(withoutTexts(seconds(prometheusRules(60)))).toBe(withoutTexts(inSixtieths))
})

describe('the alerts', () => {
  const page = readFileSync(join(repositoryRoot, runbookPage), 'utf8')

  test.each(deployedRules())(
    '$alert has a summary, a description and a section of docs/alerts.md',
    ({ annotations, alert }) => {
      expect(annotations).toMatchObject({
        summary: expect.stringContaining('$labels'),
        description: expect.any(String),
      })
      expect(annotations['runbook']).toBe(`${runbookPage}#${alert.toLowerCase()}`)
      expect(page.split('\n')).toContain(`## ${alert}`)
    },
  )

  test('are listed there with how bad they are and after how long they fire, and no other', () => {
    const rows = [...page.matchAll(/^\| \[(\w+)\]\(#\w+\) \| (\w+) \| .* \| (.*) \|$/gm)].map(([, ...cells]) => cells)
    const after = (seconds: number): string => (seconds === 0 ? 'at once' : `${seconds / 60} min`)
    expect(rows).toEqual(alertRules().map(({ name, severity, forSeconds }) => [name, severity, after(forSeconds)]))
  })

  test('of Grafana are those of Prometheus, each compared with a number by what it refers to', () => {
    const { groups } = parse(readDeployed('grafana/provisioning/alerting/rules.yaml')) as {
      readonly groups: readonly {
        readonly rules: readonly {
          readonly title: string
          readonly condition: string
          readonly data: readonly {
            readonly refId: string
            readonly datasourceUid: string
            readonly model: { expr?: string; expression?: string }
          }[]
          readonly annotations: Readonly<Record<string, string>>
        }[]
      }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.map(({ title }) => title)).toEqual(deployedRules().map(({ alert }) => alert))
    for (const [at, { condition, data, annotations }] of rules.entries()) {
      const rule = deployedRules()[at]
      const [query, threshold] = data
      expect(query?.model.expr).toContain(rule?.expr)
      expect(uids).toContain(query?.datasourceUid)
      expect([condition, threshold?.model.expression]).toEqual([threshold?.refId, query?.refId])
      expect(annotations).toEqual(rule?.annotations)
    }
  })
})

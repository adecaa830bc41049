import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboards, deployedRules, queriesOf, readDeployed } from '../support/deploy-files.js'
import { dottedNames, prometheusNames, unknownNames } from '../support/known-names.js'
import { repositoryRoot } from '../support/repository.js'

describe('every metric and every label is in the semantic conventions', () => {
  test.each(dashboards())('in the dashboard $title', (dashboard) => {
    const texts = [
      ...queriesOf(dashboard).map(({ expression }) => expression),
      ...dashboard.templating.list.map(({ query }) => query),
      ...[...JSON.stringify(dashboard).matchAll(/\{\{(\w+)\}\}|__field\.labels\.(\w+)/g)].map(
        ([, one, other]) => one ?? other,
      ),
    ]
    expect(texts.length).toBeGreaterThan(10)
    expect(texts.flatMap((text) => unknownNames(text ?? ''))).toEqual([])
  })

  test.each(deployedRules())('in the rule $alert', ({ expr, annotations }) => {
    const shown = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label)
    expect([expr, ...shown].flatMap(unknownNames)).toEqual([])
  })

  test('in the queries that lead from a trace to metrics', () => {
    const text = readDeployed('grafana/provisioning/datasources/datasources.yaml')
    const queries = [...text.matchAll(/query: (.*)$/gm)].map(([, query = '']) => query)
    expect(queries.length).toBeGreaterThan(3)
    expect(queries.flatMap(unknownNames)).toEqual([])
    const { datasources } = parse(text) as {
      readonly datasources: readonly {
        readonly jsonData: { readonly tracesToMetrics?: { readonly tags: readonly { key: string; value: string }[] } }
      }[]
    }
    const tags = datasources.flatMap(({ jsonData }) => jsonData.tracesToMetrics?.tags ?? [])
    expect(tags.flatMap(({ value }) => unknownNames(value))).toEqual([])
    expect(tags.map(({ key }) => key).filter((key) => key !== 'service.instance.id' && !dottedNames.has(key))).toEqual(
      [],
    )
  })

  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(repositoryRoot, 'docs')).map((name) => `docs/${name}`),
  ]

  test.each(pages)('in %s', (page) => {
    const text = readFileSync(join(repositoryRoot, page), 'utf8')
    const inPrometheus = [...text.matchAll(/(?<![.\w])(?:activity|experiment|underway|error)_[a-z_]+\b/g)].map(
      ([name]) => name,
    )
    expect(inPrometheus.filter((name) => !prometheusNames.has(name) && !ofOthers.has(name))).toEqual([])
    const dotted = [...text.matchAll(/`((?:activity|experiment|underway|error|code)\.[a-z_.]+)`/g)].map(
      ([, name = '']) => name,
    )
    expect(dotted.filter((name) => !dottedNames.has(name) && !isOfTheTracker(name))).toEqual([])
  })
})

/** Keys and functions of other systems, which the documents translate. */
const ofOthers: ReadonlySet<string> = new Set(['experiment_name', 'experiment_logger_post'])

/** Names of events of `tracker.on`, of a property of the handle, and of files. */
function isOfTheTracker(name: string): boolean {
  return (
    /^(activity\.(planned|ended|started|updated|completed)|underway\.health)$/.test(name) ||
    /\.(md|ts|json|db|yml|yaml)$/.test(name)
  )
}

describe('a name that is not in the semantic conventions is found', () => {
  test.each([
    ['sum(activity_actives{job="a"})', ['activity_actives']],
    ['sum by (activity_modul) (activity_active)', ['activity_modul']],
    ['rate(activity_duration_seconds_bukket[5m])', ['activity_duration_seconds_bukket']],
    ['up', ['up']],
    ['label_replace(vector(0), "activity_modul", "none", "", "")', ['activity_modul']],
    ['sum by (le) (rate(activity_duration_seconds_bucket{job=~"$job"}[$__rate_interval])) > 0.5', []],
  ])('%s', (query, expected) => {
    expect(unknownNames(query)).toEqual(expected)
  })
})

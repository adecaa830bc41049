import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repositoryRoot } from './repository.js'

const deploy = join(repositoryRoot, 'deploy')

export function readDeployed(path: string): string {
  return readFileSync(join(deploy, path), 'utf8')
}

/** One query of a panel, as Grafana would send it but for the variables. */
export interface PanelQuery {
  readonly dashboard: string
  readonly panel: string
  readonly refId: string
  readonly expression: string
  readonly datasource: string
}

export interface Variable {
  readonly name: string
  readonly query: string
}

interface Panel {
  readonly title: string
  readonly description?: string
  readonly type: string
  readonly panels?: readonly Panel[]
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly datasource: { readonly uid: string }
  }[]
}

/** What we read of a dashboard. */
export interface Dashboard {
  readonly title: string
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
}

export function dashboards(): readonly Dashboard[] {
  const folder = 'grafana/dashboards'
  const files = readdirSync(join(deploy, folder)).sort()
  return files.map((name) => JSON.parse(readDeployed(`${folder}/${name}`)) as Dashboard)
}

/** Those of rows too, without the rows. */
export function panelsOf({ panels }: Pick<Dashboard, 'panels'>): readonly Panel[] {
  return panels.flatMap((panel) => (panel.type === 'row' ? panelsOf({ panels: panel.panels ?? [] }) : [panel]))
}

export function queriesOf(dashboard: Dashboard): readonly PanelQuery[] {
  return panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr, datasource }) => ({
      dashboard: dashboard.title,
      panel: title,
      refId,
      expression: expr,
      datasource: datasource.uid,
    })),
  )
}

/** The rules of a file, as Prometheus reads it. */
export interface DeployedRule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

export function deployedRules(): readonly DeployedRule[] {
  const file = parse(readDeployed('prometheus/rules/underway.yml')) as {
    readonly groups: readonly { readonly rules: readonly DeployedRule[] }[]
  }
  return file.groups.flatMap(({ rules }) => rules)
}

import { experimentDashboard } from './experiment-dashboard.ts'
import { grafanaAlerts, grafanaDataSources } from './grafana-provisioning.ts'
import { prometheusRules } from './prometheus-rules.ts'
import { ruleTests } from './rule-tests.ts'
import { underwayDashboard } from './underway-dashboard.ts'

const notice = '# Written by `npm run generate:deploy` from scripts/deploy/; a test compares.\n'

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Every generated file of `deploy/`, by its path from there. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'prometheus/rules/underway.yml': notice + prometheusRules(),
    'prometheus/rules_test.yml': notice + ruleTests('rules/underway.yml'),
    'grafana/provisioning/datasources/datasources.yaml': notice + grafanaDataSources(),
    'grafana/provisioning/alerting/rules.yaml': notice + grafanaAlerts(),
    'grafana/dashboards/underway.json': json(underwayDashboard()),
    'grafana/dashboards/experiment.json': json(experimentDashboard()),
  }
}

import { getJson } from './http.js'

export interface ActiveAlert {
  readonly name: string
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>>
}

/** What Prometheus itself says of its alerts; those that are inactive are not listed. */
export async function activeAlerts(prometheusUrl: string): Promise<ActiveAlert[]> {
  const { data } = (await getJson(`${prometheusUrl}/api/v1/alerts`)) as {
    data: { alerts: readonly { state: ActiveAlert['state']; labels: Readonly<Record<string, string>> }[] }
  }
  return data.alerts.map(({ state, labels: { alertname = '', ...labels } }) => ({ name: alertname, state, labels }))
}

/** How often each rule was evaluated with what error, from the rules as Prometheus has them loaded. */
export async function loadedRules(
  prometheusUrl: string,
): Promise<readonly { readonly name: string; readonly health: string; readonly lastEvaluation: string }[]> {
  const { data } = (await getJson(`${prometheusUrl}/api/v1/rules?type=alert`)) as {
    data: { groups: readonly { rules: readonly { name: string; health: string; lastEvaluation: string }[] }[] }
  }
  return data.groups.flatMap(({ rules }) => rules)
}

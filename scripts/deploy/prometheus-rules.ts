import { stringify } from 'yaml'
import { type AlertRule, alertRules, evaluationSeconds, runbook } from './alerts.ts'
import { durationText } from './durations.ts'

export function annotationsOf(rule: AlertRule): Readonly<Record<string, string>> {
  return { summary: rule.summary, description: rule.description, runbook: runbook(rule) }
}

/** The file of rules for Prometheus. @param timeScale see `alertRules` */
export function prometheusRules(timeScale = 1): string {
  const rules = alertRules(timeScale).map((rule) => ({
    alert: rule.name,
    expr: rule.expression,
    ...(rule.forSeconds > 0 ? { for: durationText(rule.forSeconds) } : {}),
    labels: { severity: rule.severity },
    annotations: annotationsOf(rule),
  }))
  return stringify(
    { groups: [{ name: 'underway', interval: durationText(evaluationSeconds / timeScale), rules }] },
    { lineWidth: 0 },
  )
}

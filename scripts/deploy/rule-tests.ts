import { stringify } from 'yaml'
import { type AlertRule, alertRules } from './alerts.ts'
import { durationText } from './durations.ts'
import { labels, metrics, where } from './names.ts'
import { annotationsOf } from './prometheus-rules.ts'

/** What a rule is tested with: series in the notation of promtool, a value a minute. */
interface Scenario {
  readonly series: readonly {
    readonly metric: string
    readonly labels: Readonly<Record<string, string>>
    readonly values: string
  }[]
  readonly firesAtMinutes: number
  /** Before the fault, or after it. */
  readonly quietAtMinutes: readonly number[]
  /** Those of the one alert that fires, beside `job` and `instance`. */
  readonly firing: Readonly<Record<string, string>>
}

const trainer = { [labels.module]: 'Trainer' }
const loader = { [labels.module]: 'Loader' }
const fit = { [labels.run]: 'fit' }
const rest = { [labels.run]: 'rest' }
const loss = { ...fit, [labels.scalar]: 'train/loss' }

/** One for each rule. Beside each fault stands something like it that is well. */
const scenarios: Readonly<Record<string, Scenario>> = {
  ActivityStuck: {
    series: [
      { metric: metrics.silenceMax, labels: trainer, values: '0+60x20 0x20' },
      // Silent for long now and then, and heard of in between.
      {
        metric: metrics.silenceMax,
        labels: loader,
        values: '700 700 0 700 700 0 700 700 0 700 700 0 700 700 0 700 700 0',
      },
    ],
    firesAtMinutes: 17,
    quietAtMinutes: [12, 25],
    firing: trainer,
  },
  ModuleDown: {
    series: [
      { metric: metrics.moduleUp, labels: trainer, values: '1 1 0 0 0 0 1 1 1' },
      { metric: metrics.moduleUp, labels: loader, values: '1x8' },
    ],
    firesAtMinutes: 4,
    quietAtMinutes: [1, 2, 7],
    firing: trainer,
  },
  ErrorHealth: {
    series: [{ metric: metrics.errorHealth, labels: {}, values: '0 1 1 1 2 2 2 0 0' }],
    firesAtMinutes: 6,
    quietAtMinutes: [3, 8],
    firing: {},
  },
  RunWithoutProgress: {
    series: [
      { metric: metrics.runProgress, labels: fit, values: '0.1 0.2 0.3x60 0.4x10' },
      { metric: metrics.runsOpen, labels: fit, values: '1x80' },
      // Has ended; the SDK repeats how far it was.
      { metric: metrics.runProgress, labels: rest, values: '0.3x80' },
      { metric: metrics.runsOpen, labels: rest, values: '1x10 0x70' },
    ],
    firesAtMinutes: 50,
    quietAtMinutes: [25, 34, 66],
    firing: fit,
  },
  LossNotFinite: {
    series: [
      { metric: metrics.scalar, labels: loss, values: '1 0.5 NaN NaN 0.4 0.3' },
      { metric: metrics.scalar, labels: { ...loss, ...rest }, values: '1 0.5 0.4 0.3 0.2 0.1' },
      {
        metric: metrics.scalar,
        labels: { ...fit, [labels.scalar]: 'learning rate' },
        values: 'NaN NaN NaN NaN NaN NaN',
      },
    ],
    firesAtMinutes: 3,
    quietAtMinutes: [1, 4],
    firing: loss,
  },
  TelemetryDropped: {
    series: [
      { metric: metrics.exportDropped, labels: { [labels.signal]: 'traces' }, values: '0 0 0 7 7x10' },
      { metric: metrics.exportDropped, labels: { [labels.signal]: 'logs' }, values: '3x14' },
    ],
    firesAtMinutes: 4,
    quietAtMinutes: [2, 10],
    firing: { [labels.signal]: 'traces' },
  },
}

const sender = { [labels.job]: 'trainer', [labels.instance]: 'i1' }

/** The file that `promtool test rules` reads. @param rulesFile the rules, seen from there */
export function ruleTests(rulesFile: string): string {
  const tests = alertRules().map((rule) => {
    const scenario = scenarios[rule.name]
    if (scenario === undefined) throw new Error(`no scenario for ${rule.name}`)
    return testOf(rule, scenario)
  })
  return stringify({ rule_files: [rulesFile], evaluation_interval: '15s', tests }, { lineWidth: 0 })
}

function testOf(rule: AlertRule, { series, firesAtMinutes, quietAtMinutes, firing }: Scenario): object {
  const found = { ...sender, ...firing }
  const at = (minutes: number, expected: readonly object[]): object => ({
    eval_time: durationText(minutes * 60),
    alertname: rule.name,
    exp_alerts: expected,
  })
  const expected = {
    exp_labels: { severity: rule.severity, ...found },
    exp_annotations: Object.fromEntries(
      Object.entries(annotationsOf(rule)).map(([name, text]) => [name, filledIn(text, found)]),
    ),
  }
  return {
    name: rule.name,
    interval: '1m',
    input_series: series.map((one) => ({
      series: `${one.metric}${where(quoted({ ...sender, ...one.labels }))}`,
      values: one.values,
    })),
    alert_rule_test: [...quietAtMinutes.map((minutes) => at(minutes, [])), at(firesAtMinutes, [expected])],
  }
}

function quoted(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([label, value]) => [label, `="${value}"`]))
}

function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => values[label] ?? '')
}

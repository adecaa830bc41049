import { durationText } from './durations.ts'
import { labels, metrics, where } from './names.ts'

export interface AlertRule {
  readonly name: string
  /** PromQL; what it returns is firing. */
  readonly expression: string
  readonly forSeconds: number
  readonly severity: 'warning' | 'critical'
  /** The labels of what it returns. */
  readonly keeps: readonly string[]
  readonly summary: string
  readonly description: string
}

/** Where each alert has a section under its name. */
export const runbookPage = 'docs/alerts.md'

/** A path and no address: where the documents are served, if anywhere, is not known here. */
export function runbook({ name }: AlertRule): string {
  return `${runbookPage}#${name.toLowerCase()}`
}

/** How often rules are evaluated; divided like the windows. */
export const evaluationSeconds = 15

const ofProcess = [labels.job, labels.instance]
const ofModule = [...ofProcess, labels.module]
const ofRun = [...ofProcess, labels.run]

/** The value of a label, in an annotation. */
function shown(label: string): string {
  return `{{ $labels.${label} }}`
}

const place = `${shown(labels.job)} (${shown(labels.instance)})`

/** @param timeScale every window, threshold of time and `for` is divided by it; 1 is what is installed */
export function alertRules(timeScale = 1): readonly AlertRule[] {
  const time = (seconds: number): string => durationText(seconds / timeScale)
  const stuckAfterSeconds = 600
  return [
    {
      name: 'ActivityStuck',
      // The least of some minutes, so that a moment between two pieces of work is not taken for silence.
      expression: `max by (${ofModule.join(', ')}) (min_over_time(${metrics.silenceMax}[${time(300)}])) > ${stuckAfterSeconds / timeScale}`,
      forSeconds: 60 / timeScale,
      severity: 'warning',
      keeps: ofModule,
      summary: `${shown(labels.module)} of ${place} has an activity that is stuck`,
      description: `Nothing was heard for ${durationText(stuckAfterSeconds)} of a running activity that waits for nothing below it.`,
    },
    {
      name: 'ModuleDown',
      expression: `min by (${ofModule.join(', ')}) (${metrics.moduleUp}) == 0`,
      forSeconds: 60 / timeScale,
      severity: 'critical',
      keeps: ofModule,
      summary: `${shown(labels.module)} of ${place} is down`,
      description: 'Its health check fails, or its worker or process is gone.',
    },
    {
      name: 'ErrorHealth',
      expression: `max by (${ofProcess.join(', ')}) (${metrics.errorHealth}) == 2`,
      forSeconds: 60 / timeScale,
      severity: 'critical',
      keeps: ofProcess,
      summary: `${place} has reported errors`,
      description:
        'Error health is "error": so many errors were reported in its window that the policy would stop the program.',
    },
    {
      name: 'RunWithoutProgress',
      expression: [
        `max by (${ofRun.join(', ')}) (changes(${metrics.runProgress}[${time(1_800)}])) == 0`,
        `min by (${ofRun.join(', ')}) (min_over_time(${metrics.runsOpen}[${time(1_800)}])) > 0`,
        // Only what was there that long ago has had the time.
        `min by (${ofRun.join(', ')}) (${metrics.runsOpen} offset ${time(1_800)}) > 0`,
      ].join(' and '),
      forSeconds: 300 / timeScale,
      severity: 'warning',
      keeps: ofRun,
      summary: `the run ${shown(labels.run)} of ${place} makes no progress`,
      description: `It has been running for more than ${durationText(1_800)}, in which its progress has not changed.`,
    },
    {
      name: 'LossNotFinite',
      expression: lossNotFinite(time(300)),
      forSeconds: 0,
      severity: 'critical',
      keeps: [...ofRun, labels.scalar],
      summary: `${shown(labels.scalar)} of the run ${shown(labels.run)} is not finite`,
      description: 'The last value that was logged is NaN or infinite.',
    },
    {
      name: 'TelemetryDropped',
      expression: `sum by (${[...ofProcess, labels.signal].join(', ')}) (increase(${metrics.exportDropped}[${time(300)}])) > 0`,
      forSeconds: 0,
      severity: 'warning',
      keeps: [...ofProcess, labels.signal],
      summary: `${place} has lost ${shown(labels.signal)}`,
      description:
        'What startUnderway could not deliver is lost: the collector refused it, was away for too long, or the queue was full.',
    },
  ]
}

/** NaN is what differs from itself. A scalar is a loss by its name. */
function lossNotFinite(window: string): string {
  const last = `last_over_time(${metrics.scalar}${where({ [labels.scalar]: '=~"(?i).*loss.*"' })}[${window}])`
  return `max by (${[...ofRun, labels.scalar].join(', ')}) (${last} != ${last} or abs(${last}) == Inf)`
}

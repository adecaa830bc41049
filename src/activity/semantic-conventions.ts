/** Every name that leaves the process. Docs, dashboards and rules are checked against this file. */
export const attributeNames = {
  /** Only where the id is the user's or was known before the span; otherwise the span's own id links the two. */
  id: 'activity.id',
  module: 'activity.module',
  group: 'activity.group',
  type: 'activity.type',
  state: 'activity.state',
  plan: 'activity.plan',
  doing: 'activity.doing',
  did: 'activity.did',
  reason: 'activity.reason',
  result: 'activity.result',
  step: 'activity.step',
  attempt: 'activity.attempt',
  severity: 'activity.severity',
  parentId: 'activity.parent.id',
  runId: 'activity.run.id',
  runName: 'activity.run.name',
  progressDone: 'activity.progress.done',
  progressTotal: 'activity.progress.total',
  progressPercent: 'activity.progress.percent',
  errorType: 'error.type',
  /** On a span link: how the two are related. */
  linkRelation: 'activity.link.relation',
  codeFilePath: 'code.file.path',
  codeLineNumber: 'code.line.number',
} as const

/** The field that carries an activity's id beside the W3C fields. */
export const carrierField = 'underway'

/** Name of the instrumentation scope of our spans. */
export const scopeName = 'underway'

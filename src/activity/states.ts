/** The states of an activity, each with whether work may still happen in it. */
export const activityStates = {
  planned: { open: true },
  running: { open: true },
  completed: { open: false },
  failed: { open: false },
  cancelled: { open: false },
  skipped: { open: false },
  interrupted: { open: false },
} as const satisfies Record<string, { readonly open: boolean }>

export type ActivityState = keyof typeof activityStates
export type OpenState = 'planned' | 'running'
/** Ended is final. `interrupted` is written only by recovery, about a process that died. */
export type EndedState = Exclude<ActivityState, OpenState>

export function isOpen(state: ActivityState): state is OpenState {
  return state === 'running' || state === 'planned'
}

/** Derived from silence, never stored: `dead` means that the worker, child or process that holds it is gone. */
export type ActivityCondition = 'progressing' | 'silent' | 'dead'

export const severities = ['info', 'warning', 'error', 'critical'] as const
export type Severity = (typeof severities)[number]

export function isSeverity(value: unknown): value is Severity {
  return severities.includes(value as Severity)
}

/** The kinds of work that screens and presets know by name. A type of your own is any other string. */
export const activityTypes = {
  run: { label: 'Run' },
  task: { label: 'Task' },
  decision: { label: 'Decision' },
  thread: { label: 'Thread' },
  async_task: { label: 'Async task' },
  api_call: { label: 'API call' },
  db_operation: { label: 'Database operation' },
  ai_inference: { label: 'AI inference' },
  work_item: { label: 'Work item' },
  agent_action: { label: 'Agent action' },
  scheduler_tick: { label: 'Scheduler tick' },
} as const satisfies Record<string, { readonly label: string }>

export type KnownActivityType = keyof typeof activityTypes
export type ActivityType = KnownActivityType | (string & {})

export const defaultActivityType = 'task' satisfies KnownActivityType

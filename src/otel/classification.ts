import type { KnownActivityType } from '../activity/activity-types.js'
import type { ForeignSpan } from './foreign-span.js'

/** Says which spans of other code become activities. The first rule that matches decides. */
export interface SpanRule {
  /** Shown nowhere; for reading the table. */
  readonly name: string
  matches(span: ForeignSpan): boolean
  /** The type that the activity gets; `null` keeps the span out. */
  readonly type: KnownActivityType | (string & {}) | null
}

function carries(...keys: readonly string[]): (span: ForeignSpan) => boolean {
  return ({ attributes }) => keys.some((key) => attributes[key] !== undefined)
}

/**
 * The semantic conventions of today and those before them, read when the span starts: what is set later is not seen.
 * Model calls come first, as they are HTTP calls too where both are instrumented.
 */
export const defaultSpanRules: readonly SpanRule[] = Object.freeze([
  {
    name: 'gen_ai',
    type: 'ai_inference',
    matches: carries('gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.system'),
  },
  { name: 'db', type: 'db_operation', matches: carries('db.system.name', 'db.system') },
  { name: 'messaging', type: 'work_item', matches: carries('messaging.system') },
  { name: 'http', type: 'api_call', matches: carries('http.request.method', 'http.method') },
  { name: 'rpc', type: 'api_call', matches: carries('rpc.system.name', 'rpc.system') },
] satisfies readonly SpanRule[])

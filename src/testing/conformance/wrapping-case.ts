import type { WrappingFeature, WrappingTrial } from './subject.js'

/** What the cases are about, by the first part of their id. */
export const wrappingGroups = {
  function: 'The face of a function',
  sync: 'Synchronous calls',
  promise: 'Promises',
  thenable: 'Lazy thenables',
  generator: 'Generators',
  'async-generator': 'Async generators',
  stream: 'Node streams',
  web: 'Web streams and responses',
  nesting: 'Nesting',
  callback: 'Callbacks and emitters',
  abort: 'Cancelling and verdicts',
  decorator: 'Decorators',
} as const

export type WrappingGroup = keyof typeof wrappingGroups

/** One thing that wrapping a function must not change, or must see. */
export interface WrappingCase {
  /** Stays the same for ever, as in `promise.subclass`. */
  readonly id: string
  readonly group: WrappingGroup
  /** What is true of a subject that passes. */
  readonly title: string
  readonly needs: readonly WrappingFeature[]
  /** Throws, or rejects with, what is not as it should be. */
  readonly run: (trial: WrappingTrial) => void | Promise<void>
}

type Equipped<N extends WrappingFeature> = WrappingTrial & {
  readonly [Feature in N]-?: NonNullable<WrappingTrial[Feature]>
}

/** A case, with the features that it needs; without them it does not apply. */
export function wrappingCase<const N extends WrappingFeature = never>(
  id: `${WrappingGroup}.${string}`,
  title: string,
  run: (trial: Equipped<N>) => void | Promise<void>,
  needs: readonly N[] = [],
): WrappingCase {
  const group = id.slice(0, id.indexOf('.')) as WrappingGroup
  return Object.freeze({ id, group, title, needs, run: (trial: WrappingTrial) => run(trial as Equipped<N>) })
}

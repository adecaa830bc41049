/** What a run did, as far as it can be counted from outside. What the variant does not have is absent. */
export interface Counted {
  /** Spans that reached the exporter, and how many of them had a parent. */
  readonly exported?: number
  readonly nested?: number
  /** Changes that the subscriber was given. */
  readonly delivered?: number
  /** Activities that the tracker says have completed. */
  readonly completed?: number
  /** Calls that a histogram says have been recorded. */
  readonly recorded?: number
  readonly stillOpen?: number
  readonly faults?: number
}

/** Everything in which a run fell short of what was started; empty for one that counts. */
export function shortfalls(expected: Counted, counted: Counted): string[] {
  return (Object.keys(expected) as (keyof Counted)[])
    .filter((key) => expected[key] !== counted[key])
    .map((key) => `${key}: expected ${expected[key]}, got ${counted[key] ?? 'none'}`)
}

import type { EndedState } from './states.js'

/** A verdict noted while a function of the activity still runs; the first one wins. */
export interface Verdict {
  readonly state: Exclude<EndedState, 'interrupted'>
  readonly error?: { readonly value: unknown }
}

/** Why a signal is, or would be, aborted. */
export interface Aborted {
  readonly reason: unknown
  /** For people, where the reason is not ours. */
  readonly text?: string | undefined
}

/** Needed only by activities that are given a verdict, are asked for their signal, or have a deadline. */
export interface ActivityControl {
  verdict: Verdict | undefined
  abort: AbortController | undefined
  /** Set once the signal is, or would be, aborted. */
  aborted: Aborted | undefined
  /** Gives back timers and listeners. */
  atEnd: (() => void) | undefined
  /** It is a generator, a stream or a thenable: its function has not settled, but nobody may be left to go on with it. */
  paused: boolean
}

/** Any function, whatever it takes and returns. */
export type Wrappable = (...args: never) => unknown

/** A span, or an activity, that has ended. */
export interface SeenSpan {
  readonly name: string
  /** The name of the span above, if that is one of the same trial. */
  readonly parent: string | undefined
  /** Whether it ended with an error status. */
  readonly failed: boolean
  /** Messages of the exceptions that it carries. */
  readonly exceptions: readonly string[]
  /** Whether it ended as cancelled, where the subject knows such a thing. */
  readonly cancelled?: boolean
}

/** One form of decorator. What it returns takes the place of what it was given, as the language has it. */
export type AnyDecorator = (...given: never) => unknown

/**
 * A subject made ready for one case. Functions of it are called without `this`. What is optional is a feature: cases that
 * need one that is missing do not apply.
 */
export interface WrappingTrial {
  /** The function that is examined. `name` becomes the span's name. */
  wrap<F extends Wrappable>(name: string, fn: F): F
  /** Spans of this trial that have ended by now, the first one first. */
  ended(): readonly SeenSpan[]
  /** The name of the span that the running code is in. */
  current?: (() => string | undefined) | undefined
  /** Binds a function to the span that the running code is in. */
  bind?: (<F extends Wrappable>(fn: F) => F) | undefined
  /** A decorator as TC39 has them, for methods, fields and accessors. */
  decorator?: ((name: string) => AnyDecorator) | undefined
  /** A decorator as `experimentalDecorators` has them. */
  legacyDecorator?: ((name: string) => AnyDecorator) | undefined
  /** The signal that the running code is to obey. */
  signal?: (() => AbortSignal) | undefined
  /** What the running code may say of itself, before it settles. */
  verdict?: ((say: 'complete' | 'fail' | 'cancel') => void) | undefined
  /** What the user was warned of. */
  warnings?: (() => readonly string[]) | undefined
  /** Collects garbage, and lets the subject find what was lost. */
  collect?: (() => Promise<void>) | undefined
  /** Takes back what the trial has set up. */
  close?: (() => void | Promise<void>) | undefined
}

/** What a subject may lack. */
export type WrappingFeature =
  | 'current'
  | 'bind'
  | 'decorator'
  | 'legacyDecorator'
  | 'signal'
  | 'verdict'
  | 'warnings'
  | 'collect'

/** Something that wraps functions, to be examined. */
export interface WrappingSubject {
  readonly name: string
  /** A fresh one for every case: nothing that an earlier trial left is seen in it. */
  start(): WrappingTrial | Promise<WrappingTrial>
}

import type { Packages } from './packages.mjs'
import type { Counted } from './proof.ts'
import type { Variant } from './variants.ts'

export interface Surroundings {
  readonly packages: Packages
  readonly name: string
  readonly variant: Variant
  /** Makes and registers the SDK that the variant asks for. */
  registerSdk(): Promise<Sdk | undefined>
}

/** An SDK as an application sets it up, with an exporter that counts. */
export interface Sdk {
  /** Everything that has ended leaves; resolves when it has arrived. */
  flush(): Promise<void>
  counted(): Pick<Counted, 'exported' | 'nested'>
}

/** A variant that burns CPU: nothing is kept from one iteration to the next. */
export interface Work {
  /** Two activities, one inside the other. Gives `n + 2`. */
  readonly iteration: (n: number) => number | Promise<number>
  expected(iterations: number): Counted
  counted(): Promise<Counted>
}

/** A variant that holds activities open, to be weighed. */
export interface Held {
  /** Opens one and returns what the user would hold. */
  open(index: number): unknown
  /** Ends the one that was opened with this index. */
  close(held: unknown, index: number): void
  expected(count: number): Counted
  counted(): Promise<Counted>
  /** How many the tracker says are open, if there is a tracker. */
  openNow(): number | undefined
}

/** A variant that does nothing while it is watched. */
export interface Watched {
  /** @returns in what the watching fell short */
  end(): Promise<readonly string[]>
}

/** A variant that asks; the answers are looked at, so that asking cannot be optimised away. */
export interface Query {
  readonly ask: () => unknown
  readonly answer: unknown
}

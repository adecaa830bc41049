import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ActivityHandle, currentActivity, planActivity, runActivity } from '../../src/index.js'
import { expectBalanced, newTracker, turn } from '../support/tracked.js'

type Step = 'work' | 'child' | 'plan' | 'complete' | 'cancel'

interface Program {
  readonly steps: readonly Step[]
  readonly throws: boolean
}

const program: fc.Arbitrary<Program> = fc.record({
  steps: fc.array(fc.constantFrom<Step>('work', 'child', 'plan', 'complete', 'cancel'), { maxLength: 4 }),
  throws: fc.boolean(),
})

/** Runs programs as nested activities; the scheduler decides which of them goes on next. */
class Workshop {
  readonly #scheduler: fc.Scheduler
  readonly #tracker = newTracker()
  /** What the programs themselves know to be open. */
  readonly open = new Set<string>()
  readonly #settled: Promise<unknown>[] = []
  #made = 0
  answered: boolean | undefined

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler
  }

  get tracker() {
    return this.#tracker.tracker
  }

  #until(name: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), name)
  }

  /** A controller that waits for the work that it has started, from inside its own activity. */
  control(programs: readonly Program[]): void {
    const { tracker } = this
    this.#track('controller', async (controller) => {
      for (const one of programs) this.#start(one, controller)
      await this.#until('controller')
      this.answered = await tracker.waitQuiescent({ within: controller })
      expect([...this.open]).toEqual(['controller'])
    })
  }

  #start(one: Program, parent: ActivityHandle): void {
    const name = `job ${this.#made++}`
    this.#track(name, async (activity) => {
      expect(activity.parentId).toBe(parent.id)
      for (const step of one.steps) {
        await this.#until(name)
        expect(currentActivity()).toBe(activity)
        this.#perform(step, activity)
      }
      await this.#until(name)
      if (one.throws) throw new Error(name)
    })
  }

  #perform(step: Step, activity: ActivityHandle): void {
    if (step === 'child') this.#start({ steps: ['work'], throws: false }, activity)
    else if (step === 'plan') this.#plan()
    else if (step === 'complete') activity.complete()
    else if (step === 'cancel') activity.cancel()
  }

  /** Handed over to whoever comes later: it is open from here on. */
  #plan(): void {
    const name = `planned ${this.#made++}`
    const job = planActivity({ tracker: this.tracker, name })
    this.open.add(name)
    this.#settled.push(
      this.#until(name)
        .then(() => job.run(() => this.#until(name)))
        .then(() => this.open.delete(name)),
    )
  }

  #track(name: string, work: (activity: ActivityHandle) => Promise<void>): void {
    this.open.add(name)
    const running = runActivity({ tracker: this.tracker, name }, work)
    const close = (): boolean => this.open.delete(name)
    this.#settled.push(
      running.then(close, (error: unknown) =>
        error instanceof Error && error.message === name ? close() : Promise.reject(error),
      ),
    )
  }

  /** Lets one after the other go on; after each the tracker must know what is open as well as the programs do. */
  async finish(): Promise<void> {
    for (;;) {
      await turn()
      const known = this.tracker.openActivities().map(({ name }) => name)
      expect(known.sort()).toEqual([...this.open].sort())
      expect(this.tracker.isQuiescent()).toBe(this.open.size === 0)
      if (this.#scheduler.count() === 0) break
      await this.#scheduler.waitOne()
    }
    await turn()
    await Promise.all(this.#settled)
  }
}

test('whatever the order in which concurrent work goes on and settles, the tracker knows what is open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(program, { minLength: 1, maxLength: 5 }), async (scheduler, programs) => {
      const workshop = new Workshop(scheduler)
      workshop.control(programs)
      await workshop.finish()
      expect(workshop.answered).toBe(true)
      expect([...workshop.open]).toEqual([])
      expectBalanced(workshop.tracker)
    }),
    { numRuns: 2_000 },
  )
})

import { type ActivityHandle, currentActivity, getTracker, trackActivity, trackDecision } from 'underway'
import type { Batches } from './batches.js'
import { RewardModel, type Sample } from './model.js'
import type { DemoOptions } from './options.js'
import { createRandom } from './random.js'
import type { Validator, Verdict } from './validator.js'

const learningRates = [0.1, 0.03, 0.01] as const
const remembered = 512
const passes = 3

/** Waits for batches, learns from each, and asks the validator now and then how good the model has become. */
export class Trainer {
  readonly #options: DemoOptions
  readonly #batches: Batches
  readonly #validator: Validator
  readonly #memory: Sample[] = []
  readonly #model: RewardModel
  #learningRate: number = learningRates[0]
  #training: ActivityHandle | undefined
  /** All steps are done, or there is a reason not to do the rest. */
  finished = false

  constructor(options: DemoOptions, batches: Batches, validator: Validator) {
    this.#options = options
    this.#batches = batches
    this.#validator = validator
    this.#model = RewardModel.create(options.seed)
  }

  /** What the rollout workers have found out. */
  receive(sample: Sample): void {
    this.#batches.add(sample, this.#training)
  }

  readonly train = trackActivity(
    { module: 'trainer', plan: 'learn the rewards of all actions' },
    async function train(this: Trainer, onStep: (step: number) => void): Promise<void> {
      const training = currentActivity() as ActivityHandle
      this.#training = training
      const { steps, validateEvery } = this.#options
      let validation: Promise<Verdict> | undefined
      for (let step = 1; step <= steps; step += 1) {
        training.update(`await batch ${step}`, { done: step - 1, total: steps })
        const batch = await this.#batches.next(step)
        if (batch === undefined) return
        training.update(`learn batch ${step}`)
        batch.activity.run((activity) => this.#learn(batch.samples, step, activity))
        onStep(step)
        if (step % validateEvery !== 0 && step !== steps) continue
        // One validation runs beside the training; its verdict is awaited before the next, so always at the same step.
        await this.#heed(validation)
        if (this.finished) break
        validation = this.#validator.validate(step, this.#model.copy())
        // Its failure is reported by its own activity, and thrown where it is awaited.
        validation.catch(() => undefined)
      }
      training.update('await the verdict')
      await validation
      this.finished = true
      training.complete(`${getTracker().step} steps`, { step: getTracker().step })
    },
  )

  #learn(samples: readonly Sample[], step: number, activity: ActivityHandle): void {
    if (step === 1) this.#learningRate = this.#chooseLearningRate(samples)
    if (this.#options.fail?.module === 'trainer' && step === this.#options.fail.step) this.#learningRate = Number.NaN
    // Measured before the model has seen these samples, so that it cannot know them by heart.
    const loss = this.#model.loss(samples)
    this.#memory.push(...samples)
    this.#memory.splice(0, Math.max(this.#memory.length - remembered, 0))
    const random = createRandom(this.#options.seed, step, 'order')
    for (let pass = 0; pass < passes; pass += 1)
      this.#model.learn(shuffled(this.#memory, random.next), this.#learningRate)
    if (Number.isNaN(this.#model.loss(samples)))
      throw new RangeError(`the weights are not numbers any more after step ${step}`)
    getTracker().step = step
    getTracker().logScalars({ train: { loss, learning_rate: this.#learningRate } })
    activity.complete(`loss ${loss.toFixed(4)}`, { step, result: { loss } })
  }

  async #heed(validation: Promise<Verdict> | undefined): Promise<void> {
    const verdict = await validation
    if (verdict?.stop === true) this.finished = true
    else if (verdict?.worse === true) this.#learningRate = this.#lowerLearningRate(this.#learningRate, verdict.step)
  }

  readonly #chooseLearningRate = trackDecision(
    { module: 'trainer', name: 'learning rate', did: (rate: number) => String(rate), result: (rate: number) => rate },
    (samples: readonly Sample[]): number => {
      const half = samples.length / 2
      const trials = learningRates.map((rate) => {
        const model = this.#model.copy()
        for (let pass = 0; pass < 10; pass += 1) model.learn(samples.slice(0, half), rate)
        return { rate, loss: model.loss(samples.slice(half)) }
      })
      const best = trials.reduce((a, b) => (b.loss < a.loss ? b : a))
      currentActivity()?.update({
        considered: trials.map(({ rate, loss }) => `${rate} (loss ${loss.toPrecision(2)})`),
        reason: 'it has the smallest loss on the half of the first batch that was held back',
      })
      return best.rate
    },
  )

  readonly #lowerLearningRate = trackDecision(
    { module: 'trainer', name: 'learning rate', did: (rate: number) => String(rate), result: (rate: number) => rate },
    (rate: number, step: number): number => {
      const lower = rate / 2
      currentActivity()?.update({
        considered: [String(rate), String(lower)],
        reason: `the policy of step ${step} earns less than the one before`,
      })
      return lower
    },
  )
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

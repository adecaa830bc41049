import { type ActivityHandle, currentActivity, getTracker, trackActivity, trackDecision } from 'underway'
import type { RewardModel } from './model.js'
import type { DemoOptions } from './options.js'
import { askRewards, observe, type Task } from './rollout.js'

const situations = 64
const atOnce = 16
/** Far from the indices of the training, so that no situation is both learned from and judged by. */
const firstIndex = 1_000_000_000
const patience = 3
const attempts = 4
const answerMillis = 600

export interface Verdict {
  readonly step: number
  readonly worse: boolean
  readonly stop: boolean
}

interface Checkpoint {
  readonly step: number
  readonly reward: number
  readonly model: RewardModel
}

/** Lets a policy act in situations it has not learned from, and judges it by what it earns. */
export class Validator {
  readonly #options: DemoOptions
  readonly #environmentUrl: string
  #previous: Checkpoint | undefined
  #best: Checkpoint | undefined
  #sinceBest = 0

  constructor(options: DemoOptions, environmentUrl: string) {
    this.#options = options
    this.#environmentUrl = environmentUrl
  }

  @trackActivity({
    module: 'validator',
    name: 'validate',
    plan(step: number) {
      return `let the policy of step ${step} act in ${situations} situations`
    },
  })
  async validate(step: number, model: RewardModel): Promise<Verdict> {
    const activity = currentActivity() as ActivityHandle
    const { fail, seed } = this.#options
    if (fail?.module === 'validator' && step >= fail.step) throw new Error('the validation set cannot be read')
    let earned = 0
    for (let done = 0; done < situations; done += atOnce) {
      activity.update(`policy ${step}`, { done, total: situations, step })
      const tasks = Array.from({ length: atOnce }, (_, at): Task => ({ seed, index: firstIndex + done + at }))
      const rewards = await this.#ask(tasks, model, activity)
      earned += rewards.reduce((sum, reward) => sum + reward, 0)
    }
    const checkpoint = { step, reward: earned / situations, model }
    const worse = this.#previous !== undefined && checkpoint.reward < this.#previous.reward
    this.#previous = checkpoint
    this.#best = this.#keep(checkpoint)
    this.#sinceBest = this.#best === checkpoint ? 0 : this.#sinceBest + 1
    const stop = this.#sinceBest >= patience && this.#stopEarly(step)
    getTracker().logScalars({ validate: { reward: checkpoint.reward } }, { step })
    activity.update({ done: situations, total: situations })
    activity.complete(`reward ${checkpoint.reward.toFixed(3)}`, { step, result: { reward: checkpoint.reward } })
    return { step, worse, stop }
  }

  async #ask(tasks: readonly Task[], model: RewardModel, activity: ActivityHandle): Promise<number[]> {
    const acts = tasks.map((task) => {
      const features = observe(task)
      return { index: task.index, features, action: model.choose(features) }
    })
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.any([activity.signal, AbortSignal.timeout(answerMillis)])
      try {
        return await askRewards(acts, {
          environmentUrl: this.#environmentUrl,
          attempt,
          headers: activity.inject({}),
          signal,
        })
      } catch (error) {
        if (attempt === attempts || activity.signal.aborted) throw error
        activity.log(`asks again: ${(error as Error).message}`)
      }
    }
  }

  readonly #keep = trackDecision(
    { module: 'validator', name: 'checkpoint', did: ({ step }: Checkpoint) => `keep step ${step}` },
    (candidate: Checkpoint): Checkpoint => {
      const before = this.#best
      const known = [before, candidate].filter((checkpoint) => checkpoint !== undefined)
      const better = before === undefined || candidate.reward > before.reward
      currentActivity()?.update({
        considered: known.map(({ step, reward }) => `step ${step} (reward ${reward.toFixed(3)})`),
        reason: before === undefined ? 'it is the first' : `it earns ${better ? 'more' : 'at least as much'}`,
        step: candidate.step,
      })
      return better ? candidate : before
    },
  )

  readonly #stopEarly = trackDecision(
    { module: 'validator', name: 'early stop', did: () => 'stop' },
    (step: number): boolean => {
      currentActivity()?.update({
        considered: ['go on', 'stop'],
        reason: `${patience} validations in a row were no better than the best`,
        step,
      })
      return true
    },
  )
}

import { createRandom } from './random.js'

export const featureCount = 8
export const actionCount = 4
const hiddenCount = 24

/** What one rollout has taught: in this situation, this action brought this reward. */
export interface Sample {
  readonly index: number
  readonly features: readonly number[]
  readonly action: number
  readonly reward: number
}

/** A network with one hidden layer that predicts the reward of every action; the best prediction is the policy. */
export class RewardModel {
  readonly #hidden: Float64Array
  readonly #output: Float64Array

  private constructor(hidden: Float64Array, output: Float64Array) {
    this.#hidden = hidden
    this.#output = output
  }

  static create(seed: number): RewardModel {
    const random = createRandom(seed, 'model')
    const layer = (inputs: number, outputs: number): Float64Array =>
      Float64Array.from({ length: (inputs + 1) * outputs }, () => random.normal() / Math.sqrt(inputs))
    return new RewardModel(layer(featureCount, hiddenCount), layer(hiddenCount, actionCount))
  }

  copy(): RewardModel {
    return new RewardModel(this.#hidden.slice(), this.#output.slice())
  }

  /** The action with the highest predicted reward. */
  choose(features: readonly number[]): number {
    const rewards = this.#predict(this.#activate(features))
    return rewards.indexOf(Math.max(...rewards))
  }

  /** Mean squared error of the predicted rewards. */
  loss(samples: readonly Sample[]): number {
    const errors = samples.map(({ features, action, reward }) => {
      const predicted = this.#predict(this.#activate(features))[action] ?? Number.NaN
      return (predicted - reward) ** 2
    })
    return errors.reduce((sum, error) => sum + error, 0) / samples.length
  }

  /** One pass of stochastic gradient descent. */
  learn(samples: readonly Sample[], learningRate: number): void {
    for (const sample of samples) this.#descend(sample, learningRate)
  }

  #activate(features: readonly number[]): Float64Array {
    return dense(this.#hidden, features, hiddenCount).map(Math.tanh)
  }

  #predict(hidden: Float64Array): Float64Array {
    return dense(this.#output, hidden, actionCount)
  }

  /** Only the prediction for the action that was taken can be compared with a reward. */
  #descend({ features, action, reward }: Sample, learningRate: number): void {
    const hidden = this.#activate(features)
    const error = (this.#predict(hidden)[action] ?? 0) - reward
    const row = action * (hiddenCount + 1)
    for (let unit = 0; unit < hiddenCount; unit += 1) {
      const value = hidden[unit] ?? 0
      const passedBack = error * (this.#output[row + unit] ?? 0) * (1 - value * value)
      adjust(this.#output, row + unit, learningRate * error * value)
      const start = unit * (featureCount + 1)
      for (const [at, feature] of features.entries())
        adjust(this.#hidden, start + at, learningRate * passedBack * feature)
      adjust(this.#hidden, start + featureCount, learningRate * passedBack)
    }
    adjust(this.#output, row + hiddenCount, learningRate * error)
  }
}

/** Each output is the weighted sum of the inputs plus a bias, which stands last in its row of weights. */
function dense(weights: Float64Array, inputs: ArrayLike<number>, outputs: number): Float64Array {
  const width = inputs.length + 1
  return Float64Array.from({ length: outputs }, (_, output) => {
    let sum = weights[output * width + inputs.length] ?? 0
    for (let input = 0; input < inputs.length; input += 1)
      sum += (weights[output * width + input] ?? 0) * (inputs[input] ?? 0)
    return sum
  })
}

function adjust(weights: Float64Array, at: number, by: number): void {
  weights[at] = (weights[at] ?? 0) - by
}

import { actionCount, featureCount, type Sample } from './model.js'
import { createRandom } from './random.js'

/** A situation to be played. */
export interface Task {
  readonly seed: number
  readonly index: number
}

export interface RolloutOptions {
  readonly environmentUrl: string
  readonly attempt: number
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly onDoing: (doing: string) => void
}

const signalLength = 2_048

/** Plays a task: works out what is there to see, acts, and asks the environment what that was worth. */
export async function rollout(task: Task, options: RolloutOptions): Promise<Sample> {
  const { seed, index } = task
  options.onDoing(`observe ${index}`)
  const features = observe(task)
  // Actions are tried at random, so that what is learned does not depend on which rollout is faster.
  const action = createRandom(seed, index, 'action').integer(actionCount)
  options.onDoing(`ask reward ${index}`)
  const [reward = Number.NaN] = await askRewards([{ index, features, action }], options)
  return { index, features, action, reward }
}

/** A noisy signal of several seconds is reduced to the strength of a few frequencies. */
export function observe({ seed, index }: Task): number[] {
  const random = createRandom(seed, index, 'situation')
  const strengths = Array.from({ length: featureCount }, () => random.normal())
  const signal = Float64Array.from({ length: signalLength }, (_, time) => {
    const tone = strengths.reduce((sum, strength, at) => sum + strength * Math.cos(angle(at, time)), 0)
    return tone + 0.5 * random.normal()
  })
  return strengths.map((_, at) => {
    const sum = signal.reduce((total, value, time) => total + value * Math.cos(angle(at, time)), 0)
    return (2 * sum) / signalLength
  })
}

function angle(frequency: number, time: number): number {
  return (2 * Math.PI * (frequency + 1) * 5 * time) / signalLength
}

export interface Act {
  readonly index: number
  readonly features: readonly number[]
  readonly action: number
}

/** There were no rewards to be had. */
class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

type AskOptions = Pick<RolloutOptions, 'environmentUrl' | 'attempt' | 'headers' | 'signal'>

export async function askRewards(acts: readonly Act[], options: AskOptions): Promise<number[]> {
  const { environmentUrl, attempt, headers, signal } = options
  const response = await fetch(`${environmentUrl}/rewards`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ attempt, acts }),
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new EnvironmentError('UNREACHABLE', 'the environment cannot be reached', error)
  })
  if (!response.ok) {
    // The connection is free for others only once the answer has been read.
    await response.arrayBuffer()
    throw new EnvironmentError(`HTTP_${response.status}`, `the environment answered: ${response.statusText}`)
  }
  return (await response.json()) as number[]
}

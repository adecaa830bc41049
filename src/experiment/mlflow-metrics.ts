import { createHash } from 'node:crypto'
import type { ScalarEntry } from '../tracker/scalars.js'
import { wholeStep } from './backend-options.js'

/** A metric as `runs/log-batch` takes it. */
export interface MlflowMetric {
  readonly key: string
  readonly value: number | string
  readonly timestamp: number
  readonly step: number
}

const maxKey = 250
const maxKnownKeys = 10_000

/** Keys hold letters, digits, `_ - . /` and spaces, and are paths that say nothing twice; a colon fails on Windows. */
function keyFor(name: string): string {
  const segments = name
    .replace(/[^\p{L}\p{N}_\-./ ]/gu, '_')
    .split('/')
    .map((segment) => (/^\.+$/.test(segment) ? '_'.repeat(segment.length) : segment))
  return segments.filter((segment) => segment !== '').join('/') || '_'
}

function withDigest(key: string, name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${key.slice(0, maxKey - digest.length - 1).replace(/\/$/, '')}-${digest}`
}

/** Gives every scalar a key of its own, the same every time. */
export class MlflowKeys {
  readonly #names = new Map<string, string>()

  keyOf(name: string): string {
    const key = keyFor(name)
    if (key.length > maxKey) return withDigest(key, name)
    const taken = this.#names.get(key)
    if (taken === undefined && this.#names.size < maxKnownKeys) this.#names.set(key, name)
    // Two names that become the same key would be one curve.
    return taken === undefined || taken === name ? key : withDigest(key, name)
  }

  metricsOf({ at, step, values }: ScalarEntry): readonly MlflowMetric[] {
    return Object.entries(values).map(([name, value]) => ({
      key: this.keyOf(name),
      value: Number.isFinite(value) ? value : String(value),
      // A time before 1970 is refused, and the whole batch with it.
      timestamp: Math.max(Math.round(at), 0),
      step: wholeStep(step),
    }))
  }
}

import { count } from './format.js'
import type { Notice } from './notices.js'

const sameAgainMillis = 5_000
const burst = 30
const perSecond = 6
const maxKeys = 200

interface Held {
  notice: Notice
  times: number
  /** When one of its kind was shown last. */
  shownAt: number
}

/** Keeps notices readable: the same again within five seconds is counted, and so is what exceeds a steady stream. */
export class Limiter {
  readonly #held = new Map<string, Held>()
  #tokens = burst
  #filledAt: number | undefined = undefined
  #leftOut = 0

  /** What to show now that this notice has come. */
  admit(notice: Notice): Notice[] {
    const shown = this.due(notice.time)
    const known = notice.key === undefined ? undefined : this.#held.get(notice.key)
    if (known !== undefined) {
      known.times += 1
      known.notice = notice
      return shown
    }
    if (!this.#spend(notice.time)) {
      this.#leftOut += 1
      return shown
    }
    if (this.#leftOut > 0) shown.push(this.#omission(notice.time))
    if (notice.key !== undefined && this.#held.size < maxKeys)
      this.#held.set(notice.key, { notice, times: 0, shownAt: notice.time })
    shown.push(notice)
    return shown
  }

  /** What was held back long enough. */
  due(now: number): Notice[] {
    const shown: Notice[] = []
    for (const [key, held] of this.#held) {
      if (now - held.shownAt < sameAgainMillis) continue
      if (held.times === 0) this.#held.delete(key)
      else {
        shown.push(summed(held, now))
        held.times = 0
        held.shownAt = now
      }
    }
    return shown
  }

  /** Everything that is still held back. */
  flush(now: number): Notice[] {
    const shown = [...this.#held.values()].filter(({ times }) => times > 0).map((held) => summed(held, now))
    this.#held.clear()
    if (this.#leftOut > 0) shown.push(this.#omission(now))
    return shown
  }

  #spend(now: number): boolean {
    const passed = Math.max(now - (this.#filledAt ?? now), 0)
    this.#filledAt = now
    this.#tokens = Math.min(this.#tokens + (passed / 1_000) * perSecond, burst)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #omission(time: number): Notice {
    const text = `${count(this.#leftOut)} more in between`
    this.#leftOut = 0
    return { time, tone: 'info', module: '', text, key: undefined }
  }
}

/** Said when it is shown, not when it happened: lines stand in the order of time. */
function summed({ notice, times }: Held, now: number): Notice {
  const text = times === 1 ? `${notice.text} (again)` : `${notice.text} (${count(times)} more like it)`
  return { ...notice, time: now, text }
}

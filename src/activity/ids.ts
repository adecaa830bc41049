import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(4_096)
let used = pool.length

/** The start of `count` fresh random bytes in the pool. */
function take(count: number): number {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const start = used
  used += count
  return start
}

/** The two hex digits of each byte. */
const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const largestHigh = 0xff_ffff
let lastMillis = 0
/** What all ids of a millisecond begin with: the time, and 42 bits at random. */
let head = ''
/** The counter in two parts, small enough for V8 to keep them without a box: all but the last byte, and that. */
let high = 0
let low = 0
/** All of an id but its last byte, which 256 ids in a row share. */
let prefix = ''

/** Through a buffer, as what was put together from pieces keeps them. */
function prefixOf(head: string, high: number): string {
  return Buffer.from(head + high.toString(16).padStart(6, '0'), 'latin1').toString('latin1')
}

/** All of it or, where the stack has no room for a call, nothing: half of it would give an id twice. */
function goTo(millis: number): void {
  const at = take(10)
  const time = millis.toString(16).padStart(12, '0').slice(-12)
  const random = pool.toString('hex', at, at + 6)
  const variant = (8 | ((pool[at + 5] as number) & 3)).toString(16)
  const newHead = `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6, 10)}`
  // In the lower half, so that as many more fit into the millisecond.
  const newHigh = pool.readUIntLE(at + 6, 3) >>> 1
  const newPrefix = prefixOf(newHead, newHigh)
  lastMillis = millis
  head = newHead
  high = newHigh
  low = pool[at + 9] as number
  prefix = newPrefix
}

// Before the first id, as what it is given may be no time.
goTo(0)

/** The next 256 ids of the millisecond, in the same way. */
function carry(): void {
  // A clock that stands still or goes back borrows from the future, as RFC 9562 section 6.2 allows.
  if (high === largestHigh) return goTo(lastMillis + 1)
  const newPrefix = prefixOf(head, high + 1)
  high += 1
  low = 0
  prefix = newPrefix
}

/**
 * A UUID of version 7 (RFC 9562): sorts by the time it was made; within one millisecond by a counter of 32 bits at its end,
 * which begins at random.
 *
 * @param wallMillis milliseconds since the Unix epoch
 */
export function uuidv7(wallMillis: number): string {
  if (wallMillis >= lastMillis + 1) goTo(Math.floor(wallMillis))
  else if (low < 255) low += 1
  else carry()
  return prefix + (pairs[low] as string)
}

function randomHex(bytes: number): string {
  const start = take(bytes)
  const made = pool.toString('hex', start, start + bytes)
  return /^0+$/.test(made) ? randomHex(bytes) : made
}

/** A W3C trace id: 16 random bytes in lower-case hex, never all zero. */
export function newTraceId(): string {
  return randomHex(16)
}

/** A W3C span id: 8 random bytes in lower-case hex, never all zero. */
export function newSpanId(): string {
  return randomHex(8)
}

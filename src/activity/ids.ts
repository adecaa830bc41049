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

/** The code of each hex digit. */
const hex = new Uint8Array(Buffer.from('0123456789abcdef', 'latin1'))
/** The digits of the millisecond in which ids were last made. */
const time = new Uint8Array(12).fill(hex[0] as number)
let lastMillis = 0
let sequence = 0

function goTo(millis: number): void {
  lastMillis = millis
  sequence = 0
  const digits = millis.toString(16).padStart(12, '0').slice(-12)
  for (let at = 0; at < 12; at += 1) time[at] = digits.charCodeAt(at)
}

/**
 * A UUID of version 7 (RFC 9562): sorts by the time it was made; within one millisecond by a counter in `rand_a`.
 *
 * @param wallMillis milliseconds since the Unix epoch
 */
export function uuidv7(wallMillis: number): string {
  const now = Math.floor(wallMillis)
  if (now > lastMillis) goTo(now)
  // A clock that stands still or goes back borrows from the future, as RFC 9562 section 6.2 allows.
  else if (sequence === 0xfff) goTo(lastMillis + 1)
  else sequence += 1
  return textOf(sequence, take(8))
}

/** The code of the digit for the upper, and for the lower half of a byte in the pool. */
function high(at: number): number {
  return hex[(pool[at] as number) >> 4] as number
}

function low(at: number): number {
  return hex[(pool[at] as number) & 15] as number
}

function digit(value: number): number {
  return hex[value & 15] as number
}

function timeDigit(at: number): number {
  return time[at] as number
}

const hyphen = 0x2d

/** One call with all of the characters: the one way that costs neither a call out of JavaScript nor a rope. */
// biome-ignore format: a group of the id a line
function textOf(count: number, at: number): string {
  return String.fromCharCode(
    timeDigit(0), timeDigit(1), timeDigit(2), timeDigit(3), timeDigit(4), timeDigit(5), timeDigit(6), timeDigit(7),
    hyphen, timeDigit(8), timeDigit(9), timeDigit(10), timeDigit(11),
    hyphen, digit(7), digit(count >> 8), digit(count >> 4), digit(count),
    hyphen, digit(8 | ((pool[at] as number) >> 4 & 3)), low(at), high(at + 1), low(at + 1),
    hyphen, high(at + 2), low(at + 2), high(at + 3), low(at + 3), high(at + 4), low(at + 4),
    high(at + 5), low(at + 5), high(at + 6), low(at + 6), high(at + 7), low(at + 7),
  )
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

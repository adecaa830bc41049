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
const largestCount = 0xffff_ffff
let lastMillis = 0
/** What all ids of a millisecond begin with: the time, and 42 bits at random. */
let head = ''
let count = 0
/** All of an id but its last byte, which 256 ids in a row share. */
let prefix = ''

/** One string of its own, as what was put together from pieces keeps them. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function setPrefix(): void {
  prefix = flat(head + (count >>> 8).toString(16).padStart(6, '0'))
}

function goTo(millis: number): void {
  const at = take(10)
  const time = millis.toString(16).padStart(12, '0').slice(-12)
  const random = pool.toString('hex', at, at + 6)
  const variant = (8 | ((pool[at + 5] as number) & 3)).toString(16)
  head = `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6, 10)}`
  lastMillis = millis
  // In the lower half, so that as many more fit into the millisecond.
  count = pool.readUInt32LE(at + 6) >>> 1
  setPrefix()
}

// Before the first id, as what it is given may be no time.
goTo(0)

/**
 * A UUID of version 7 (RFC 9562): sorts by the time it was made; within one millisecond by a counter of 32 bits at its end,
 * which begins at random.
 *
 * @param wallMillis milliseconds since the Unix epoch
 */
export function uuidv7(wallMillis: number): string {
  const now = Math.floor(wallMillis)
  if (now > lastMillis) goTo(now)
  // A clock that stands still or goes back borrows from the future, as RFC 9562 section 6.2 allows.
  else if (count === largestCount) goTo(lastMillis + 1)
  else {
    count += 1
    if ((count & 255) === 0) setPrefix()
  }
  return prefix + (pairs[count & 255] as string)
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

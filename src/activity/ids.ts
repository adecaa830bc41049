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

const hex = Buffer.from('0123456789abcdef', 'latin1')
const text = Buffer.allocUnsafeSlow(36)
let lastMillis = 0
let sequence = 0

function writeByte(at: number, byte: number): void {
  text[at] = hex[byte >> 4] as number
  text[at + 1] = hex[byte & 15] as number
}

/**
 * A UUID of version 7 (RFC 9562): sorts by the time it was made; within one millisecond by a counter in `rand_a`.
 *
 * @param wallMillis milliseconds since the Unix epoch
 */
export function uuidv7(wallMillis: number): string {
  const now = Math.floor(wallMillis)
  if (now > lastMillis) {
    lastMillis = now
    sequence = 0
  } else if (sequence === 0xfff) {
    // A clock that stands still or goes back borrows from the future, as RFC 9562 section 6.2 allows.
    lastMillis += 1
    sequence = 0
  } else {
    sequence += 1
  }
  const high = Math.floor(lastMillis / 0x1_0000_0000)
  const low = lastMillis % 0x1_0000_0000
  writeByte(0, (high >>> 8) & 0xff)
  writeByte(2, high & 0xff)
  writeByte(4, (low >>> 24) & 0xff)
  writeByte(6, (low >>> 16) & 0xff)
  writeByte(9, (low >>> 8) & 0xff)
  writeByte(11, low & 0xff)
  writeByte(14, 0x70 | (sequence >> 8))
  writeByte(16, sequence & 0xff)
  const random = take(8)
  writeByte(19, ((pool[random] as number) & 0x3f) | 0x80)
  writeByte(21, pool[random + 1] as number)
  for (let byte = 2; byte < 8; byte += 1) writeByte(20 + byte * 2, pool[random + byte] as number)
  text[8] = text[13] = text[18] = text[23] = 0x2d
  return text.toString('latin1')
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

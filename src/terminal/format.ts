/** `850 ms`, `1.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(millis: number): string {
  const value = Math.max(millis, 0)
  if (value < 999.5) return `${Math.round(value)} ms`
  if (value < 9_950) return `${(value / 1_000).toFixed(1)} s`
  const seconds = Math.round(value / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return pair(seconds, 60, 'min', 's')
  const minutes = Math.round(seconds / 60)
  return minutes < 2_880 ? pair(minutes, 60, 'h', 'min') : pair(Math.round(minutes / 60), 24, 'd', 'h')
}

function pair(value: number, per: number, large: string, small: string): string {
  const rest = value % per
  const whole = `${Math.floor(value / per)} ${large}`
  return rest === 0 ? whole : `${whole} ${rest} ${small}`
}

/** How long something has been going on, without digits that change faster than they can be read. */
export function elapsed(millis: number): string {
  return duration(Math.floor(Math.max(millis, 0) / 1_000) * 1_000)
    .replace(/^0 ms$/, '0 s')
    .replace('.0 s', ' s')
}

/** The place of a line in time: `0.4 s`, `12.3 s`, `1:02:03`. */
export function timestamp(millis: number): string {
  const value = Math.max(millis, 0)
  if (value < 599_950) return `${(value / 1_000).toFixed(1)} s`
  const seconds = Math.floor(value / 1_000)
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** `1,204` */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** `0.4/s`, `12.3/s`, `140/s`; below one in ten seconds, per minute. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return ''
  if (perSecond >= 99.95) return `${count(perSecond)}/s`
  return perSecond >= 0.1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`
}

/** Four digits that matter: `0.0412`, `0.693`, `12.5`, `1,204`. */
export function measure(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || !Number.isFinite(value)) return String(value)
  if (size >= 1_000) return count(value)
  if (size >= 0.001) return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4)
  return value.toExponential(2)
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

const minuteMillis = 60_000
const hourMillis = 60 * minuteMillis

/** A duration for a sentence: `850 ms`, `12 s`, `41 min`, `3 h 5 min`. Rounded down, as a duration that is still growing. */
export function durationText(millis: number): string {
  if (millis < 1_000) return `${Math.floor(millis)} ms`
  if (millis < minuteMillis) return `${Math.floor(millis / 1_000)} s`
  if (millis < hourMillis) return `${Math.floor(millis / minuteMillis)} min`
  const minutes = Math.floor((millis % hourMillis) / minuteMillis)
  return `${Math.floor(millis / hourMillis)} h${minutes === 0 ? '' : ` ${minutes} min`}`
}

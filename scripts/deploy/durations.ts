/** As Prometheus writes it: `10m`, `15s`, `250ms`. */
export function durationText(seconds: number): string {
  if (seconds >= 60 && Number.isInteger(seconds / 60)) return `${seconds / 60}m`
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1_000)}ms`
}

import { bounds } from '../activity/bounds.js'

/** The name of a function, as far as it is one: `name` may be redefined as anything, a class may have a static `name`. */
export function functionName(fn: unknown, fallback: string): string {
  try {
    const name: unknown = (fn as { readonly name?: unknown }).name
    return typeof name === 'string' && name !== '' ? name.slice(0, bounds.name) : fallback
  } catch {
    return fallback
  }
}

/** Wraps a function as the variant does; `line` is where a hand-written span would say that it starts. */
export type Wrap = <F extends (n: number) => unknown>(name: string, line: number, fn: F) => F

/** One activity inside another, with next to nothing to do: what is measured is what is around them. */
export function nested(async: boolean, wrap: Wrap): (n: number) => number | Promise<number> {
  if (async) {
    const inner = wrap('inner', 7, async (n: number) => n + 1)
    return wrap('outer', 8, async (n: number) => (await inner(n)) + 1)
  }
  const inner = wrap('inner', 10, (n: number) => n + 1)
  return wrap('outer', 11, (n: number) => inner(n) + 1)
}

export const module = 'Bench'
export const type = 'work_item'
export const activitiesPerIteration = 2

import type { Surroundings, Work } from '../workload.ts'
import { nested } from './functions.ts'

/** What the functions cost by themselves: the floor under every other figure. */
export async function setup({ variant }: Surroundings): Promise<Work> {
  return {
    iteration: nested(variant.async === true, (_name, _line, fn) => fn),
    expected: () => ({}),
    counted: () => Promise.resolve({}),
  }
}

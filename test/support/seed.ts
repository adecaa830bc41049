import fc from 'fast-check'

/**
 * Property tests say the same about the same code on every run, so that a change is never refused for what was there
 * before it. `UNDERWAY_SEED=random`, or a number, looks elsewhere; a failure prints its seed either way.
 */
const seed = process.env['UNDERWAY_SEED'] ?? '1'

if (seed !== 'random') {
  if (!Number.isInteger(Number(seed))) throw new Error(`UNDERWAY_SEED is '${seed}'; give an integer or 'random'`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) })
}

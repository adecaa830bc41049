export { type ExpectQuiescentOptions, expectQuiescent } from './expect-quiescent.js'
export { ManualClock } from './manual-clock.js'

export { expectQuiescent, type ExpectQuiescentOptions } from './expect-quiescent.js'
export { ManualClock } from './manual-clock.js'

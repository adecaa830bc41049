export { wrappingCases } from './conformance/cases.js'
export {
  type RunWrappingCaseOptions,
  runWrappingCase,
  runWrappingCases,
  type WrappingOutcome,
} from './conformance/run-cases.js'
export type {
  AnyDecorator,
  SeenSpan,
  Wrappable,
  WrappingFeature,
  WrappingSubject,
  WrappingTrial,
} from './conformance/subject.js'
export { type WrappingCase, type WrappingGroup, wrappingGroups } from './conformance/wrapping-case.js'
export { type ExpectQuiescentOptions, expectQuiescent } from './expect-quiescent.js'
export { ManualClock } from './manual-clock.js'

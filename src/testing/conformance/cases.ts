import { abortCases } from './abort-cases.js'
import { asyncGeneratorCases } from './async-generator-cases.js'
import { callbackCases } from './callback-cases.js'
import { decoratorCases } from './decorator-cases.js'
import { functionCases } from './function-cases.js'
import { generatorCases } from './generator-cases.js'
import { nestingCases } from './nesting-cases.js'
import { promiseCases } from './promise-cases.js'
import { streamCases } from './stream-cases.js'
import { syncCases } from './sync-cases.js'
import { thenableCases } from './thenable-cases.js'
import { webCases } from './web-cases.js'
import type { WrappingCase } from './wrapping-case.js'

/** What wrapping a function must not change, and what it must see. */
export const wrappingCases: readonly WrappingCase[] = Object.freeze([
  ...functionCases,
  ...syncCases,
  ...promiseCases,
  ...thenableCases,
  ...generatorCases,
  ...asyncGeneratorCases,
  ...streamCases,
  ...webCases,
  ...nestingCases,
  ...callbackCases,
  ...abortCases,
  ...decoratorCases,
])

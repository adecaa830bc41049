import { isUnderwayError } from '../base/underway-error.js'
import { readEnvironment } from './environment.js'
import { startUnderway } from './start-underway.js'

// For `node --import underway/register` and NODE_OPTIONS; workers and forks inherit both. A program is not kept from
// starting because its telemetry cannot be had.
try {
  await startUnderway()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const code = isUnderwayError(error) ? error.code : 'UNDERWAY_SETUP'
  if (readEnvironment(process.env).logLevel !== 'none')
    process.emitWarning(`underway/register set nothing up: ${message}`, { type: 'UnderwayWarning', code })
}

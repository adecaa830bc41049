import { checkedOptions, isTexts, type OptionChecks, settingUp } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import type { HealthCheckContext } from '../tracker/modules.js'
import type { RemoteHealthCheck } from './remote-checks.js'

export interface HttpHealthCheckOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const checks: OptionChecks<HttpHealthCheckOptions> = { headers: [isTexts, 'an object of texts'] }

/**
 * A health check of an HTTP endpoint. It is well where the status is one from 200 to 299; a redirect is none of them.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function httpHealthCheck(url: string | URL, given: HttpHealthCheckOptions = {}): RemoteHealthCheck {
  return settingUp('httpHealthCheck(url, options)', () => {
    const options = checkedOptions('httpHealthCheck', given, checks)
    const target = URL.canParse(String(url)) ? new URL(url) : undefined
    if (target === undefined || !['http:', 'https:'].includes(target.protocol))
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `httpHealthCheck(url): expected an http or https URL, got '${String(url).slice(0, 80)}'`,
      )
    return {
      async healthCheck({ signal }: HealthCheckContext) {
        const headers = { ...options.headers }
        const response = await fetch(target, { headers, signal, redirect: 'manual' }).catch((error: unknown) => {
          throw signal.aborted ? error : new Error(`cannot be reached: ${causeOf(error)}`, { cause: error })
        })
        // The answer is in the status; a body that nobody reads would hold the connection.
        await response.body?.cancel()
        if (!response.ok) throw new Error(`HTTP status ${response.status}`)
      },
    }
  })
}

/** What the network says: `fetch failed` alone helps nobody. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return inner instanceof Error ? ((inner as NodeJS.ErrnoException).code ?? inner.message) : String(inner)
}

import { isBoolean, type OptionChecks, shown } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import { caCheck, type NamedBackendOptions, nameCheck } from './backend-options.js'
import type { Endpoint } from './http.js'

/** What every webhook can be given. */
export interface WebhookConnectionOptions extends NamedBackendOptions {
  /** Whether an `http:` URL is accepted. @defaultValue false */
  readonly allowHttp?: boolean | undefined
  /** Whether addresses of this machine and its network may be called. @defaultValue false */
  readonly allowPrivateAddresses?: boolean | undefined
  /** Certificates of authorities besides those that Node knows, as PEM. */
  readonly ca?: string | undefined
}

export const connectionChecks: OptionChecks<WebhookConnectionOptions> = {
  name: nameCheck,
  allowHttp: [isBoolean, 'true or false'],
  allowPrivateAddresses: [isBoolean, 'true or false'],
  ca: caCheck,
}

/**
 * @param option as it is written, with its call
 * @throws UnderwayError OPTIONS_INVALID, without the path of the URL: it may be the secret
 */
export function endpointOf(option: string, given: unknown, options: WebhookConnectionOptions): Endpoint {
  const text = given instanceof URL ? given.href : given
  const refuse = (got: string): never => {
    const schemes = options.allowHttp === true ? 'http or https' : 'https'
    const hint = got === 'http:' ? '; set allowHttp to call it all the same' : ''
    throw new UnderwayError('OPTIONS_INVALID', `${option}: expected an ${schemes} URL, got ${got}${hint}`)
  }
  if (typeof text !== 'string') return refuse(shown(text))
  if (!URL.canParse(text)) return refuse('a text that is no URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && options.allowHttp === true)) refuse(url.protocol)
  if (url.username !== '' || url.password !== '') refuse('one with a user name or password')
  return { url, privateAddresses: options.allowPrivateAddresses ?? false, ca: options.ca }
}

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { installLocked } from './install-locked.mjs'

const folder = join(import.meta.dirname, 'webhooks')

/** The part of the verifier of Standard Webhooks that is used. */
export interface Verifier {
  /** @throws where the signature is not right */
  verify(body: string, headers: Readonly<Record<string, string>>): unknown
}

/** Why the verifier cannot be had, or how one is made for a secret. */
export function installVerifier(): string | ((secret: string) => Verifier) {
  const reason = installLocked(folder)
  if (reason !== undefined) return `the verifier of Standard Webhooks is not installed: ${reason}`
  type Package = { readonly Webhook: new (secret: string) => Verifier }
  const { Webhook } = createRequire(join(folder, 'package.json'))('standardwebhooks') as Package
  return (secret) => new Webhook(secret)
}

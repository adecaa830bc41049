import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OptionChecks } from '../base/checked-options.js'

/** What every backend can be given. */
export interface NamedBackendOptions {
  /** What the option `backend` of `logScalars` and `notify` picks it by. */
  readonly name?: string | undefined
}

export function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 80
}

export const nameCheck: OptionChecks<NamedBackendOptions>['name'] = [isName, 'a text of 80 characters at most']
export const caCheck: OptionChecks<{ ca: string }>['ca'] = [
  (value) => typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----'),
  'a certificate as PEM',
]
export const countCheck: OptionChecks<{ count: number }>['count'] = [
  (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  'a whole number of at least 1',
]

/** A step as a whole number, for places that have no others. */
export function wholeStep(step: number): number {
  const { MAX_SAFE_INTEGER: most } = Number
  return Number.isNaN(step) ? 0 : Math.max(-most, Math.min(Math.round(step), most))
}

/** A path, or a `file:` URL. */
export function isPath(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || (value instanceof URL && value.protocol === 'file:')
}

/** Absolute: the working directory may change. */
export function pathOf(value: string | URL): string {
  return resolve(value instanceof URL ? fileURLToPath(value) : value)
}

import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runNode } from './child-process.js'
import { copyPackageTo, installLocked } from './install-locked.mjs'
import { succeeded } from './installed-project.js'
import { repositoryRoot } from './repository.js'

export interface AppActivity {
  readonly id: string
  readonly parentId?: string
  readonly name: string
  readonly type: string
  readonly module: string
  readonly state: string
  readonly reason?: string
  /** The type of it. */
  readonly error?: string
  readonly spanId: string
}

export interface AppSpan {
  readonly id: string
  readonly parentId?: string
  readonly parentIsRemote: boolean
  readonly name: string
  readonly scope: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Errors that were counted where an activity failed together with the span of other code in it. */
interface Failure {
  readonly thrown: string
  readonly errors: number
}

/** What `fixtures/instrumented/main.mjs` prints. */
export interface AppOutcome {
  readonly versions: { readonly api: string; readonly sdk: string }
  readonly observed: {
    readonly overHttp: { readonly refused: Failure; readonly silent: Failure; readonly openMeanwhile: string[] }
    readonly overFetch: { readonly refused: Failure }
    readonly model: { readonly missing: Failure }
    readonly postgres?: { readonly failed: Failure; readonly lost: Failure; readonly openMeanwhile: string[] }
    readonly abandoned: { readonly openBefore: string[]; readonly openAfter: string[] }
  }
  readonly activities: readonly AppActivity[]
  readonly spans: readonly AppSpan[]
  readonly totals: Readonly<Record<string, number>>
  readonly open: number
  readonly faults: Readonly<Record<string, number>>
  readonly exportsSeen: number
  readonly later: { readonly activities: number; readonly spans: number }
}

/** An app with the stock instrumentations of one line of the SDK. */
export class InstrumentedApp {
  readonly #folder: string

  constructor(line: 'sdk2' | 'sdk3') {
    this.#folder = join(import.meta.dirname, 'instrumented', line)
  }

  /** @returns why it cannot be had, if so */
  install(): string | undefined {
    const reason = installLocked(this.#folder)
    if (reason !== undefined) return `the instrumentations are not installed: ${reason}`
    copyPackageTo(this.#folder)
    const fixtures = join(repositoryRoot, 'test/integration/otel/fixtures/instrumented')
    cpSync(fixtures, join(this.#folder, 'node_modules/app'), { recursive: true })
    return undefined
  }

  async run(program: string, args: readonly string[]): Promise<unknown> {
    const file = join(this.#folder, 'node_modules/app', program)
    const { stdout } = succeeded(await runNode(['--expose-gc', file, ...args], { cwd: repositoryRoot }))
    return JSON.parse(stdout)
  }
}

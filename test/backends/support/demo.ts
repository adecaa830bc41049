import { join } from 'node:path'
import { expect } from 'vitest'
import type { ActivitySnapshot, Change } from '../../../src/index.js'
import type { ViewSummary } from '../../../src/terminal/index.js'
import { runNode } from '../../support/child-process.js'
import { repositoryRoot } from '../../support/repository.js'

const command = join(repositoryRoot, 'dist/cli/underway.js')

type ChangeOf<Kind extends Change['kind']> = Change & { readonly kind: Kind }

/** A run of the demo by its own account. */
export class DemoAccount {
  readonly #changes: readonly Change[]
  readonly summary: ViewSummary

  constructor(stdout: string) {
    const items = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Change | ViewSummary)
    this.#changes = items.filter((item): item is Change => item.kind !== 'summary')
    this.summary = items.find((item): item is ViewSummary => item.kind === 'summary') as ViewSummary
  }

  changes<Kind extends Change['kind']>(kind: Kind): ChangeOf<Kind>[] {
    return this.#changes.filter((change): change is ChangeOf<Kind> => change.kind === kind)
  }

  /** Every activity as it ended. */
  get ended(): readonly ActivitySnapshot[] {
    return this.changes('ended').map(({ activity }) => activity)
  }

  /** Those that had begun: the others have no span and no duration. */
  get ran(): readonly ActivitySnapshot[] {
    return this.ended.filter(({ startedAt }) => startedAt !== undefined)
  }

  /** The process that the account is of. A thread of the demo has an account of its own, which nobody prints. */
  get instance(): string {
    return this.training.process.instance
  }

  get training(): ActivitySnapshot {
    const run = this.ended.find(({ type }) => type === 'run')
    if (run === undefined) throw new Error('the demo has no run')
    return run
  }
}

/** Runs the demo as `npm run demo:telemetry` does; metrics leave often enough to show work in progress. */
export async function runDemo(otlpUrl: string): Promise<DemoAccount> {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
    OTEL_METRIC_EXPORT_INTERVAL: '250',
  }
  const args = ['--env-file=deploy/demo.env', '--import', 'underway/register', command, 'demo', '--quick', '--json']
  const { code, stdout, stderr } = await runNode(args, { cwd: repositoryRoot, env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return new DemoAccount(stdout)
}

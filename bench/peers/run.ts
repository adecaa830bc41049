import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { WrappingOutcome } from '../../src/testing/index.ts'
import { installLocked } from '../../test/support/install-locked.mjs'
import { packages } from '../packages.mjs'
import { measureCosts } from './cost-rounds.ts'
import { notLatest } from './manifest.ts'
import { type Column, page } from './page.ts'

const here = import.meta.dirname
const root = join(here, '../..')

const npmMillis = 600_000
const notInstalled = '"npm ci" failed in bench/peers'

const usage = `npm run bench:peers -- [--only <subject>]... [--reasons]
npm run bench:peers -- --cost [--quick] [--rounds <number>] [--only <wrapper>]...

  --only      just these; prints the table and leaves the page alone
  --reasons   prints why cases failed
  --cost      what wrappers cost, instead of what they keep; writes docs/benchmarks-peers.md
  --quick     three short rounds; prints the table and leaves the page alone`

interface Subject {
  readonly name: string
  readonly title: string
  readonly package: string
}

/** Read from the text, as the module itself needs what may not be installed. */
function peersOf(text: string): Subject[] {
  return [...text.matchAll(/^ {2}'?([\w-]+)'?: \{ title: '([^']+)', package: '([^']+)'/gm)].map(
    ([, name = '', title = '', name2 = '']) => ({ name, title, package: name2 }),
  )
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { readonly stderr?: unknown; readonly message?: unknown }
  const lines = `${stderr ?? ''}\n${message ?? ''}`.split('\n').map((line) => line.trim())
  return lines.find((line) => /error/i.test(line)) ?? lines.find((line) => line !== '') ?? 'no reason was given'
}

function versionOf(name: string, folder: string): string {
  try {
    const path = join(folder, name === 'underway' ? 'package.json' : `node_modules/${name}/package.json`)
    return `${name} ${(JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version}`
  } catch {
    return name
  }
}

async function examine({ name }: Subject, folder: string): Promise<Column['outcomes']> {
  const out = join(folder, `${name.replaceAll(' ', '-')}.json`)
  const flags = ['--expose-gc', '--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const env = {
    ...process.env,
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    TRACELOOP_TELEMETRY: 'false',
  }
  try {
    const args = [...flags, join(here, 'child.ts'), '--subject', name, '--out', out]
    await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 300_000 })
    return JSON.parse(readFileSync(out, 'utf8')) as WrappingOutcome[]
  } catch (error) {
    return { notRun: firstLine(error) }
  }
}

function printReasons({ title, outcomes }: Column): void {
  if ('notRun' in outcomes) console.log(`${title}: ${outcomes.notRun}`)
  else
    for (const { id, outcome, reason } of outcomes)
      if (outcome === 'failed') console.log(`${title}: ${id}: ${reason ?? ''}`)
}

function settingsOf(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      reasons: { type: 'boolean', default: false },
      cost: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 9))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number from 1 on\n\n${usage}`)
  return { ...values, rounds }
}

async function main(): Promise<void> {
  const values = settingsOf(process.argv.slice(2))
  if (values.cost) {
    await measureCosts(values)
    return
  }
  if (!existsSync(join(root, 'dist/testing/index.js'))) throw new Error('there is no dist/: run "npm run build" first')
  const own = [
    { name: 'underway', title: 'underway', package: 'underway' },
    { name: 'by hand', title: '`by hand`', package: '@opentelemetry/api' },
  ]
  const peers = peersOf(readFileSync(join(here, 'peers.mjs'), 'utf8'))
  const all = [...own, ...peers]
  const chosen = values.only.length === 0 ? all : all.filter(({ name }) => values.only.includes(name))
  if (chosen.length === 0) throw new Error(`there is no such subject: ${values.only.join(', ')}\n\n${usage}`)
  const missing = chosen.some((one) => peers.includes(one)) ? installLocked(here, npmMillis) : undefined
  if (missing !== undefined) console.warn(missing)
  const folder = mkdtempSync(join(tmpdir(), 'underway-peers-'))
  const columns: Column[] = []
  try {
    for (const one of chosen) {
      console.warn(one.title)
      const ours = own.includes(one)
      const outcomes = missing === undefined || ours ? await examine(one, folder) : { notRun: notInstalled }
      columns.push({ title: one.title, version: versionOf(one.package, ours ? root : here), outcomes })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (values.reasons) for (const column of columns) printReasons(column)
  const text = page(await packages.testing(), columns, notLatest(), new Date().toISOString().slice(0, 10))
  if (values.only.length > 0) {
    console.log(text.split('## In short')[1]?.split('## Case')[0])
    return
  }
  writeFileSync(join(root, 'docs/conformance.md'), text)
  console.log('wrote docs/conformance.md')
}

await main()

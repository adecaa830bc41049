import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { installSdk2, sdk2Folder } from '../../support/install-sdk2.mjs'
import { repositoryRoot } from '../../support/repository.js'

/** A project with the built package and copies of some packages of the repository, under other versions if asked. */
function project(packages: Readonly<Record<string, string | undefined>>, from = repositoryRoot): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'underway-setup-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const own = join(folder, 'node_modules/underway')
  mkdirSync(own, { recursive: true })
  cpSync(join(repositoryRoot, 'dist'), join(own, 'dist'), { recursive: true })
  cpSync(join(repositoryRoot, 'package.json'), join(own, 'package.json'))
  for (const [name, version] of Object.entries(packages)) {
    const target = join(folder, 'node_modules', name)
    if (version === undefined) cpSync(join(from, 'node_modules', name), target, { recursive: true })
    else {
      mkdirSync(target, { recursive: true })
      writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }))
    }
  }
  return folder
}

const startAndPrint = `
  import { startUnderway } from 'underway'
  await startUnderway().catch(({ code, message }) => console.log(JSON.stringify({ code, message })))
`

async function errorIn(folder: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { stdout, stderr } = await runNode(['--input-type=module', '--eval', startAndPrint], { cwd: folder, env })
  expect(stderr).toBe('')
  return stdout === '' ? undefined : JSON.parse(stdout)
}

test('without SDK packages the error has the line that installs those that fit the api', async () => {
  expect(await errorIn(project({ '@opentelemetry/api': undefined }))).toEqual({
    code: 'SETUP_SDK_MISSING',
    message: expect.stringMatching(
      / Run: npm i @opentelemetry\/core@\^3\.1 @opentelemetry\/resources@\^3\.1 @opentelemetry\/otlp-transformer@\^0\.301 @opentelemetry\/context-async-hooks@\^3\.1 @opentelemetry\/sdk-trace@\^3\.1 @opentelemetry\/sdk-metrics@\^3\.1 @opentelemetry\/sdk-logs@\^3\.1$/,
    ),
  })
})

const missing = installSdk2()
if (missing !== undefined) console.warn(`skipped: ${missing}`)

test.skipIf(missing !== undefined)('beside api 1.9 the line names the packages that fit that', async () => {
  expect(await errorIn(project({ '@opentelemetry/api': undefined }, sdk2Folder))).toEqual({
    code: 'SETUP_SDK_MISSING',
    message: expect.stringMatching(
      /^startUnderway\(\) needs packages that fit @opentelemetry\/api 1\.9\.\d+ and are not there: @opentelemetry\/core, .* Run: npm i @opentelemetry\/core@\^2\.12 @opentelemetry\/resources@\^2\.12 @opentelemetry\/otlp-transformer@\^0\.223 @opentelemetry\/context-async-hooks@\^2\.12 @opentelemetry\/sdk-trace@\^2\.12 @opentelemetry\/sdk-metrics@\^2\.12 @opentelemetry\/sdk-logs@\^0\.223 @opentelemetry\/api-logs@\^0\.223$/,
    ),
  })
})

test('only what is missing is named, and only for the signals that are wanted', async () => {
  const shared = ['api', 'core', 'resources', 'otlp-transformer', 'context-async-hooks', 'semantic-conventions']
  const folder = project(Object.fromEntries(shared.map((name) => [`@opentelemetry/${name}`, undefined])))
  expect(await errorIn(folder, { OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' })).toMatchObject({
    message: expect.stringMatching(
      /not there: @opentelemetry\/sdk-metrics\. Run: npm i @opentelemetry\/sdk-metrics@\^3\.1$/,
    ),
  })
})

test('packages of the other line are refused by their version, before they are loaded', async () => {
  const folder = project({ '@opentelemetry/api': undefined, '@opentelemetry/sdk-trace': '2.12.0' })
  expect(await errorIn(folder)).toMatchObject({
    message: expect.stringContaining('@opentelemetry/sdk-trace (found 2.12.0)'),
  })
})

test('what is switched off needs no packages', async () => {
  const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
  expect(await errorIn(project({ '@opentelemetry/api': undefined }), none)).toBeUndefined()
})

test('underway/register warns with that line and lets the program run', async () => {
  const folder = project({ '@opentelemetry/api': undefined })
  const args = ['--import', 'underway/register', '--input-type=module', '--eval', `console.log('ran')`]
  const { code, stdout, stderr } = await runNode(args, { cwd: folder })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'ran\n' })
  expect(stderr).toContain('[SETUP_SDK_MISSING] UnderwayWarning')
  expect(stderr).toContain('Run: npm i @opentelemetry/core@^3.1')
})

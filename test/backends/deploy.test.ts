import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from '../../scripts/backends/go.js'
import { cacheFolder, executablePath, type Program } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
import { alertRules } from '../../scripts/deploy/alerts.js'
import { repositoryRoot } from '../support/repository.js'
import { usePrograms } from './support/use-stack.js'

usePrograms(programs.amtool, programs.promtool)

const deploy = join(repositoryRoot, 'deploy')

/** Rejects with what the checker says where it refuses the file. */
function check(checker: Program, ...args: string[]): Promise<string> {
  return command(executablePath(checker, cacheFolder(process.env)), args, { cwd: deploy })
}

/** A copy of `deploy/` in which one file is another. */
function changed(path: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'underway-deploy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(deploy, folder, { recursive: true })
  writeFileSync(join(folder, path), text)
  return folder
}

test('prometheus.yml and the targets of docker-compose.yml are accepted by promtool', async () => {
  await check(programs.promtool, 'check', 'config', join(deploy, 'prometheus/prometheus.yml'))
})

test('promtool reads the targets too', async () => {
  const folder = changed('prometheus/targets/backends.yml', '- { targetts: [a:1] }')
  await expect(check(programs.promtool, 'check', 'config', join(folder, 'prometheus/prometheus.yml'))).rejects.toThrow(
    'targetts',
  )
})

test('the rules are accepted by promtool, and each passes its test', async () => {
  const said = await check(programs.promtool, 'check', 'rules', join(deploy, 'prometheus/rules/underway.yml'))
  expect(said).toContain(`${alertRules().length} rules found`)
  await check(programs.promtool, 'test', 'rules', join(deploy, 'prometheus/rules_test.yml'))
})

test.each(alertRules())(
  'the test of $name notices when it never fires, and when it fires for no reason',
  async ({ name }) => {
    const path = 'prometheus/rules/underway.yml'
    const rules = readFileSync(join(deploy, path), 'utf8')
    const rule = new RegExp(`(alert: ${name}\\n +expr: )(.*)`)
    for (const other of ['vector(1) == 2', '$2 or (absent(nothing) > 0)']) {
      const folder = changed(path, rules.replace(rule, `$1${other}`))
      const outcome = check(programs.promtool, 'test', 'rules', join(folder, 'prometheus/rules_test.yml'))
      await expect(outcome).rejects.toThrow(name)
    }
  },
)

test('alertmanager.yml is accepted by amtool', async () => {
  await check(programs.amtool, 'check-config', join(deploy, 'alertmanager/alertmanager.yml'))
})

test('amtool refuses a route to a receiver that is not there', async () => {
  const folder = changed('alertmanager/alertmanager.yml', 'route: { receiver: nobody }\nreceivers: [{ name: page }]\n')
  await expect(check(programs.amtool, 'check-config', join(folder, 'alertmanager/alertmanager.yml'))).rejects.toThrow(
    'nobody',
  )
})

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from '../../scripts/backends/go.js'
import { cacheFolder, executablePath, type Program } from '../../scripts/backends/program.js'
import { programs } from '../../scripts/backends/programs.js'
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

test('alertmanager.yml is accepted by amtool', async () => {
  await check(programs.amtool, 'check-config', join(deploy, 'alertmanager/alertmanager.yml'))
})

test('amtool refuses a route to a receiver that is not there', async () => {
  const folder = changed('alertmanager/alertmanager.yml', 'route: { receiver: nobody }\nreceivers: [{ name: page }]\n')
  await expect(check(programs.amtool, 'check-config', join(folder, 'alertmanager/alertmanager.yml'))).rejects.toThrow(
    'nobody',
  )
})

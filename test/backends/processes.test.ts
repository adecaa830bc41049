import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BackendProcess } from './support/backend-process.js'
import { loopbackUrl } from './support/environment.js'
import { freePorts } from './support/free-ports.js'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'underway-process-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function start(script: string): Promise<BackendProcess> {
  const { PORT } = await freePorts(['PORT'])
  return BackendProcess.start({
    name: 'program',
    file: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: { PORT: String(PORT) },
    readyUrl: loopbackUrl(PORT),
    logFile: join(folder, 'program.log'),
    stopTimeoutMillis: 200,
  })
}

const serve = `require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1')`

test('a program that ends instead of getting ready fails at once, with what it wrote', async () => {
  await expect(start(`console.error('no such option'); process.exit(3)`)).rejects.toThrow(
    'program did not become ready\n--- program\nno such option',
  )
})

test('a program that cannot be started says so', async () => {
  const options = { name: 'program', args: [], cwd: folder, readyUrl: loopbackUrl(1) }
  const start = BackendProcess.start({ ...options, file: join(folder, 'nothing'), logFile: join(folder, 'log') })
  await expect(start).rejects.toThrow('did not become ready')
})

test('a program that is ready runs until it is stopped', async () => {
  const program = await start(serve)
  expect(program.running).toBe(true)
  await program.stop()
  expect(program.running).toBe(false)
  await program.stop()
})

test('a program that does not end when asked is made to', async () => {
  const program = await start(`process.on('SIGTERM', () => console.log('no')); ${serve}`)
  await program.stop()
  expect(program.running).toBe(false)
})

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where Debian puts what is not in the PATH. */
const debianFolder = '/usr/lib/postgresql'

/** A PostgreSQL of its own on loopback, in a temporary folder, without durability. */
export interface Postgres extends AsyncDisposable {
  /** `postgres://…`, a superuser without a password. */
  readonly url: string
}

/** @returns why there is no PostgreSQL here, if so */
export function missingPostgres(): string | undefined {
  if (binaryFolder() === undefined) return `no PostgreSQL: neither in PATH nor below ${debianFolder}`
  if (process.getuid?.() === 0 && unprivileged() === undefined)
    return 'no PostgreSQL: it refuses root, no user postgres'
  return undefined
}

/** Resolves when it takes connections. */
export async function startPostgres(): Promise<Postgres> {
  const binaries = binaryFolder()
  if (binaries === undefined) throw new Error(missingPostgres())
  const user = process.getuid?.() === 0 ? unprivileged() : undefined
  const folder = mkdtempSync(join(tmpdir(), 'underway-postgres-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const asUser = { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, ...user }
  const access = ['--username=underway', '--auth=trust']
  const port = await freePort()
  const settings = { fsync: 'off', full_page_writes: 'off', listen_addresses: '127.0.0.1', unix_socket_directories: '' }
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  try {
    execFileSync(join(binaries, 'initdb'), ['-D', data, ...access, '--no-sync'], { ...asUser, stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  const server = spawn(join(binaries, 'postgres'), ['-D', data, ...flags], {
    ...asUser,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(server, 'exit')
  const log: string[] = []
  await new Promise<void>((resolve, reject) => {
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log.push(text)
      if (log.join('').includes('ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`postgres did not start\n${log.join('')}`)))
  })
  return {
    url: `postgres://underway@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      // Fast shutdown: open sessions are ended by the server.
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function binaryFolder(): string | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(debianFolder, version, 'bin')),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Debian's package makes this user; PostgreSQL does not run as root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }).toString())
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

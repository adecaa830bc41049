import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { webhook } from '../../../src/experiment/index.js'

const folder = mkdtempSync(join(tmpdir(), 'underway-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A key and a certificate that nobody vouches for, or why there are none. */
function makeCertificate(): string | { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  try {
    execFileSync('openssl', [...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' })
  } catch (error) {
    return `no certificate could be made: ${(error as Error).message.split('\n')[0]}`
  }
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

const made = makeCertificate()
if (typeof made === 'string') console.warn(`skipped: ${made}`)

test.skipIf(typeof made === 'string')(
  'a receiver is called over TLS, and only if somebody vouches for it',
  async () => {
    if (typeof made === 'string') return
    let requests = 0
    const server = createServer(made, (_, response) => {
      requests += 1
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const message = { title: 'hello', content: '', at: 0 }
    const call = { id: 'id', signal: new AbortController().signal }
    const unknown = webhook({ url, allowPrivateAddresses: true })
    await expect(unknown.sendMessage?.(message, call)).rejects.toThrow('self-signed certificate')
    expect(requests).toBe(0)
    await webhook({ url, allowPrivateAddresses: true, ca: made.cert }).sendMessage?.(message, call)
    expect(requests).toBe(1)
  },
)

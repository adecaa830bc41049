import { lookup } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { isPublicAddress, publicLookup } from '../../../src/experiment/addresses.js'

describe('an address is called only if it is one of the public internet', () => {
  test.each([
    '93.184.215.14',
    '8.8.8.8',
    '172.32.0.1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('%s is', (address) => expect(isPublicAddress(address)).toBe(true))
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:169.254.169.254',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2001:0:1::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false))
})

/** What a look-up for a connection answers. */
function connectTo(guarded: ReturnType<typeof publicLookup>, all = true): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guarded('host.example', { all } as never, (error, address) => (error === null ? resolve(address) : reject(error)))
  })
}

describe('a name', () => {
  const publicAddress = { address: '93.184.215.14', family: 4 }
  const privateAddress = { address: '10.0.0.5', family: 4 }

  test('leads to what was looked at, and is looked up again for every connection', async () => {
    const answers = [[publicAddress], [privateAddress]]
    const guarded = publicLookup((_, __, done) => done(null, answers.shift() ?? []))
    expect(await connectTo(guarded)).toEqual([publicAddress])
    await expect(connectTo(guarded)).rejects.toMatchObject({
      retry: false,
      message: expect.stringContaining('host.example'),
    })
  })

  test('is refused if any of its addresses is not public, or it has none', async () => {
    const both = publicLookup((_, __, done) => done(null, [publicAddress, privateAddress]))
    await expect(connectTo(both)).rejects.toThrow('not on the public internet')
    await expect(connectTo(publicLookup((_, __, done) => done(null, [])))).rejects.toThrow('not on the public internet')
  })

  test('answers a single address to who asks for one', async () => {
    const guarded = publicLookup((_, __, done) => done(null, [publicAddress]))
    expect(await connectTo(guarded, false)).toBe('93.184.215.14')
  })

  test('that the system resolves to this machine is refused', async () => {
    const guarded = publicLookup((_, options, done) => lookup('localhost', options, done))
    await expect(connectTo(guarded)).rejects.toThrow('not on the public internet')
  })
})

import * as dns from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { DeliveryError } from './backend.js'

/** What the special-purpose registries of IANA keep out of the public internet. Apart, as an IPv4 address is an IPv6 one too. */
const notPublic4 = new BlockList()
const notPublic6 = new BlockList()
const ranges4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
/** Only 2000::/3 is public, and in it these are not, or lead to an IPv4 address that is not looked at. */
const ranges6 = [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const
for (const [network, bits] of ranges4) notPublic4.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of ranges6) notPublic6.addSubnet(network, bits, 'ipv6')

/** `::ffff:a.b.c.d`, `::ffff:aabb:ccdd`, or the same behind the well-known prefix of NAT64. */
const embedded = /^(?:::ffff:(?:0:)?|64:ff9b::)(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i

/** Whether an address belongs to the public internet, and not to this machine, its network, or nobody. */
export function isPublicAddress(address: string): boolean {
  const [plain = ''] = address.split('%')
  const version = isIP(plain)
  if (version === 4) return !notPublic4.check(plain, 'ipv4')
  if (version !== 6) return false
  const [, dotted, high, low] = embedded.exec(new URL(`http://[${plain}]`).hostname.slice(1, -1)) ?? []
  if (dotted !== undefined) return isPublicAddress(dotted)
  if (high !== undefined && low !== undefined) {
    const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
    return isPublicAddress(bits.flatMap((pair) => [pair >> 8, pair & 255]).join('.'))
  }
  return !notPublic6.check(plain, 'ipv6')
}

function refusal(host: string): DeliveryError {
  return new DeliveryError(
    `${host} is not on the public internet; set allowPrivateAddresses if it is meant to be called`,
    { retry: false },
  )
}

/** @throws DeliveryError where the host of a URL is itself an address that is not public */
export function checkLiteral(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refusal(host)
}

type Resolve = (host: string, options: dns.LookupAllOptions, done: LookupDone) => void
type LookupDone = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void

/**
 * Looks a host up for a connection, and refuses it if any of its addresses is not public. The connection goes to what was
 * looked at here: there is no second look-up, which could answer something else.
 */
export function publicLookup(resolve: Resolve = dns.lookup): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '')
      const [first] = addresses
      if (first === undefined || addresses.some(({ address }) => !isPublicAddress(address)))
        return callback(refusal(host), '')
      if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

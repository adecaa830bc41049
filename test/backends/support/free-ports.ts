import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** As many ports of 127.0.0.1 as `names`, free a moment ago and all different. */
export async function freePorts<const Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return { name, server, port: (server.address() as AddressInfo).port }
    }),
  )
  for (const { server } of servers) {
    server.close()
    await once(server, 'close')
  }
  return Object.fromEntries(servers.map(({ name, port }) => [name, port])) as Record<Name, number>
}

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

/** A run as it was uploaded. */
export interface UploadedRun {
  name: string
  project: string
  /** The lines of its history, in order. */
  readonly rows: string[]
  exitCode: number | undefined
}

export interface WandbServer {
  readonly url: string
  /** By the id of the run. */
  readonly runs: ReadonlyMap<string, UploadedRun>
}

interface Mutation {
  readonly variables?: { readonly name?: string; readonly project?: string; readonly displayName?: string | null }
}

interface FileStream {
  readonly files?: Readonly<Record<string, { readonly offset: number; readonly content: readonly string[] }>>
  readonly exitcode?: number
}

/** What the client of Weights & Biases needs of a server to upload a run, on loopback, until the test is over. */
export async function wandbServer(): Promise<WandbServer> {
  const runs = new Map<string, UploadedRun>()

  function runOf(id: string): UploadedRun {
    const run = runs.get(id) ?? { name: '', project: '', rows: [], exitCode: undefined }
    runs.set(id, run)
    return run
  }

  function upsert({ variables: { name: id = '', project = '', displayName } = {} }: Mutation): object {
    const run = runOf(id)
    run.name = displayName ?? run.name
    run.project = project
    const owner = { id: 'project', name: project, entity: { id: 'entity', name: 'nobody' } }
    const bucket = { id, name: id, displayName: run.name, project: owner, historyLineCount: 0 }
    return { data: { upsertBucket: { bucket, inserted: true }, viewer: { id: 'viewer', entity: 'nobody' } } }
  }

  function stream(id: string, { files = {}, exitcode }: FileStream): object {
    const run = runOf(id)
    const history = files['wandb-history.jsonl']
    if (history !== undefined) run.rows.splice(history.offset, history.content.length, ...history.content)
    run.exitCode = exitcode ?? run.exitCode
    return {}
  }

  function answer(path: string, body: string, response: ServerResponse): void {
    const id = /^\/files\/nobody\/[^/]+\/([^/]+)\/file_stream$/.exec(path)?.[1]
    response.setHeader('content-type', 'application/json')
    if (path === '/graphql') response.end(JSON.stringify(upsert(JSON.parse(body) as Mutation)))
    else if (id !== undefined) response.end(JSON.stringify(stream(id, JSON.parse(body) as FileStream)))
    else response.writeHead(404).end()
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const isPacked = request.headers['content-encoding'] === 'gzip'
      answer(request.url ?? '', (isPacked ? gunzipSync(body) : body).toString(), response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, runs }
}

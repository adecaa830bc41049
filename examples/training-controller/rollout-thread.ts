import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { extract, runActivity } from 'underway'
import type { Sample } from './model.js'
import { rollout, type Task } from './rollout.js'

/** What the thread is asked. */
export type Request =
  | {
      readonly kind: 'play'
      readonly id: number
      readonly task: Task
      readonly attempt: number
      readonly carrier: Record<string, string>
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'crash' }

/** An error in parts: cloned to another thread it would lose its name and its code. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
}

/** What it answers. */
export type Reply =
  | { readonly kind: 'doing'; readonly id: number; readonly doing: string }
  | { readonly kind: 'played'; readonly id: number; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  | { readonly kind: 'pong'; readonly id: number }

interface ThreadData {
  readonly environmentUrl: string
}

const { environmentUrl } = workerData as ThreadData
const port = parentPort as MessagePort
const playing = new Map<number, AbortController>()
const reply = (message: Reply): void => port.postMessage(message)

port.on('message', (request: Request) => {
  switch (request.kind) {
    case 'play':
      return void play(request)
    case 'cancel':
      return playing.get(request.id)?.abort()
    case 'ping':
      return reply({ kind: 'pong', id: request.id })
    case 'crash':
      throw new Error('the thread ran into a bug')
  }
})

async function play({ id, task, attempt, carrier }: Extract<Request, { kind: 'play' }>): Promise<void> {
  const controller = new AbortController()
  playing.set(id, controller)
  try {
    // The activity that counts is held by the thread that sent this; here its trace goes on.
    const sample = await runActivity({ module: 'rollout-thread', name: 'play', parent: extract(carrier) }, (activity) =>
      rollout(task, {
        environmentUrl,
        attempt,
        headers: activity.inject({}),
        signal: controller.signal,
        onDoing: (doing) => reply({ kind: 'doing', id, doing }),
      }),
    )
    reply({ kind: 'played', id, sample })
  } catch (error) {
    reply({ kind: 'failed', id, failure: failureOf(error) })
  } finally {
    playing.delete(id)
  }
}

function failureOf(error: unknown): Failure {
  const { name, message, code } = error as Error & { readonly code?: unknown }
  return { name, message, code: typeof code === 'string' ? code : undefined }
}

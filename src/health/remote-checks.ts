import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { BroadcastChannel, type Worker } from 'node:worker_threads'
import { settingUp } from '../base/checked-options.js'
import { UnderwayError } from '../base/underway-error.js'
import { goneKey, type HealthCheckContext } from '../tracker/modules.js'
import { type Ask, answerIn, healthChannel } from './protocol.js'

/** A health check of something outside of this thread. */
export interface RemoteHealthCheck {
  healthCheck(context: HealthCheckContext): Promise<void>
}

class GoneError extends Error {
  override readonly name = 'GoneError'
  readonly [goneKey] = true
}

interface Line {
  send(message: { readonly [healthChannel]: Ask }): void
  /** Calls back with every message until it is closed. */
  listen(listener: (message: unknown) => void): () => void
}

/** Asks once; resolves when it is well, rejects with the reason when it is not, or with the signal. */
async function ask(line: Line, question: Omit<Ask, 'ask'>, signal: AbortSignal): Promise<void> {
  const id = randomUUID()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const close = line.listen((message) => {
    const answer = answerIn(message)
    if (answer?.answer !== id) return
    if (answer.well) resolve()
    else reject(new Error(answer.reason ?? 'it says that it is not well'))
  })
  const expired = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', expired, { once: true })
  try {
    line.send({ [healthChannel]: { ask: id, ...question } })
    await promise
  } finally {
    signal.removeEventListener('abort', expired)
    close()
  }
}

/**
 * A health check of a worker thread that calls `answerHealthChecks()`. A worker that has exited is gone; one whose event
 * loop is blocked does not answer in time.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function workerHealthCheck(worker: Worker): RemoteHealthCheck {
  return settingUp('workerHealthCheck(worker)', () => {
    if (
      typeof worker !== 'object' ||
      worker === null ||
      typeof worker.threadId !== 'number' ||
      typeof worker.once !== 'function'
    )
      throw new UnderwayError('OPTIONS_INVALID', 'workerHealthCheck(worker): expected a Worker of node:worker_threads')
    const { threadId } = worker
    let exitCode: number | undefined
    worker.once('exit', (code) => {
      exitCode = code
    })
    return {
      async healthCheck({ signal }) {
        if (exitCode !== undefined || worker.threadId === -1)
          throw new GoneError(
            exitCode === undefined ? 'the worker has exited' : `the worker exited with code ${exitCode}`,
          )
        const exited = new AbortController()
        const onExit = (code: number): void => exited.abort(new GoneError(`the worker exited with code ${code}`))
        worker.once('exit', onExit)
        try {
          await ask(threadLine(), { threadId }, AbortSignal.any([signal, exited.signal]))
        } finally {
          worker.off('exit', onExit)
        }
      },
    }
  })
}

/** A channel of its own, so that the program's messages to its workers stay its own. */
function threadLine(): Line {
  const channel = new BroadcastChannel(healthChannel)
  channel.unref()
  return {
    send: (message) => channel.postMessage(message),
    listen(listener) {
      channel.onmessage = (event) => listener((event as { readonly data: unknown }).data)
      return () => channel.close()
    },
  }
}

function exitOf({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (signalCode !== null) return `the process was ended by ${signalCode}`
  return exitCode === null ? undefined : `the process exited with code ${exitCode}`
}

/**
 * A health check of a child process that was started with a channel (`fork`, or `stdio: [..., 'ipc']`) and calls
 * `answerHealthChecks()`. A process that has exited is gone.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function childHealthCheck(child: ChildProcess): RemoteHealthCheck {
  return settingUp('childHealthCheck(child)', () => {
    if (
      typeof child !== 'object' ||
      child === null ||
      typeof child.on !== 'function' ||
      typeof child.send !== 'function'
    )
      throw new UnderwayError(
        'OPTIONS_INVALID',
        "childHealthCheck(child): expected a ChildProcess with a channel; use fork(), or spawn() with stdio: ['inherit', 'inherit', 'inherit', 'ipc']",
      )
    return {
      async healthCheck({ signal }) {
        const exited = exitOf(child)
        if (exited !== undefined) throw new GoneError(exited)
        if (!child.connected) throw new Error('the channel to the process is closed')
        const gone = new AbortController()
        const onExit = (): void => gone.abort(new GoneError(exitOf(child) ?? 'the process has exited'))
        child.once('exit', onExit)
        try {
          await ask(childLine(child), {}, AbortSignal.any([signal, gone.signal]))
        } finally {
          child.off('exit', onExit)
        }
      },
    }
  })
}

function childLine(child: ChildProcess): Line {
  return {
    // A failure to send shows as an exit, or as no answer in time.
    send: (message) => void child.send(message, () => undefined),
    listen(listener) {
      child.on('message', listener)
      return () => void child.off('message', listener)
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from './eventually.js'
import { expectOk } from './http.js'

const startTimeoutMillis = 30_000
const defaultStopTimeoutMillis = 10_000
const shownLog = 6_000

export interface BackendOptions {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Answers 2xx once the program is ready. */
  readonly readyUrl: string
  readonly logFile: string
  /** How long it may take to end when asked. @defaultValue 10000 */
  readonly stopTimeoutMillis?: number
}

/** One running program. What it writes goes to a file. */
export class BackendProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #stopTimeoutMillis: number
  #spawnError: Error | undefined

  private constructor(options: BackendOptions) {
    this.name = options.name
    this.#logFile = options.logFile
    this.#stopTimeoutMillis = options.stopTimeoutMillis ?? defaultStopTimeoutMillis
    const log = openSync(options.logFile, 'a')
    // The system's own variables must not fill in for ours.
    const env = { PATH: process.env['PATH'], HOME: options.cwd, TMPDIR: options.cwd, ...options.env }
    this.#child = spawn(options.file, options.args, { cwd: options.cwd, env, stdio: ['ignore', log, log] })
    this.#child.once('error', (error) => {
      this.#spawnError = error
    })
    closeSync(log)
    process.once('exit', this.#kill)
  }

  /** Resolves when it is ready; rejects with the end of its log when it is not in time, or ended. */
  static async start(options: BackendOptions): Promise<BackendProcess> {
    const backend = new BackendProcess(options)
    const gaveUp = new AbortController()
    const outcome = Promise.withResolvers<never>()
    const onExit = () => outcome.reject(new Error(`it ended (${backend.#child.exitCode ?? backend.#child.signalCode})`))
    backend.#child.once('exit', onExit)
    backend.#child.once('error', outcome.reject)
    try {
      const polling = { timeoutMillis: startTimeoutMillis, signal: gaveUp.signal }
      const ready = eventually(() => expectOk(options.readyUrl), polling)
      await Promise.race([ready, outcome.promise])
      return backend
    } catch (error) {
      await backend.stop()
      throw new Error(`${options.name} did not become ready\n${backend.logTail()}`, { cause: error })
    } finally {
      gaveUp.abort()
      backend.#child.off('exit', onExit)
    }
  }

  get running(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return this.#spawnError === undefined && pid !== undefined && exitCode === null && signalCode === null
  }

  logTail(): string {
    return `--- ${this.name}\n${readFileSync(this.#logFile, 'utf8').slice(-shownLog)}`
  }

  /** Asks it to end, and makes it end where that does not help. */
  async stop(): Promise<void> {
    process.off('exit', this.#kill)
    if (!this.running) return
    const ended = once(this.#child, 'exit')
    const waited = new AbortController()
    this.#child.kill('SIGTERM')
    const late = pause(this.#stopTimeoutMillis, true, { signal: waited.signal }).catch(() => false)
    if ((await Promise.race([ended.then(() => false), late])) === true) this.#child.kill('SIGKILL')
    waited.abort()
    await ended
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL')
  }
}

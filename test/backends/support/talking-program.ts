import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { plainEnvironment } from '../../support/child-process.js'
import { repositoryRoot } from '../../support/repository.js'

/** A program under `--import underway/register` that talks with its parent. */
export class TalkingProgram<Message> {
  readonly #child: ChildProcess
  readonly #code: Promise<number | null>
  #stderr = ''

  constructor(file: string, env: Readonly<Record<string, string>>) {
    this.#child = fork(file, [], {
      cwd: repositoryRoot,
      env: { ...plainEnvironment(), ...env },
      execArgv: ['--import', 'underway/register'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#code = once(this.#child, 'close').then(([code]) => code as number | null)
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
  }

  /** What it says next; rejects if it ends instead. */
  async next(): Promise<Message> {
    const waited = new AbortController()
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal: waited.signal }).then(([message]) => message as Message),
        this.#code.then((code) => Promise.reject(new Error(`it ended with ${code}: ${this.#stderr}`))),
      ])
    } finally {
      waited.abort()
    }
  }

  tell(message: string): void {
    this.#child.send(message)
  }

  /** Its exit code and stderr, once it has ended by itself. */
  async end(): Promise<{ readonly code: number | null; readonly stderr: string }> {
    return { code: await this.#code, stderr: this.#stderr }
  }

  /** Ends it if it has not ended. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

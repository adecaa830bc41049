import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { plainEnvironment } from '../../support/child-process.js'
import { repositoryRoot } from '../../support/repository.js'

/** A program that talks with its parent; under `--import underway/register` unless it sets up telemetry itself. */
export class TalkingProgram<Message> {
  readonly #child: ChildProcess
  readonly #code: Promise<number | null>
  /** Those that come before they are asked for wait here. */
  readonly #messages: AsyncIterator<unknown>
  #stderr = ''

  constructor(file: string, env: Readonly<Record<string, string>>, execArgv = ['--import', 'underway/register']) {
    this.#child = fork(file, [], {
      cwd: repositoryRoot,
      env: { ...plainEnvironment(), ...env },
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#code = once(this.#child, 'close').then(([code]) => code as number | null)
    this.#messages = on(this.#child, 'message', { close: ['close'] })[Symbol.asyncIterator]()
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
  }

  /** What it says next; rejects if it ends instead. */
  async next(): Promise<Message> {
    const { done, value } = await this.#messages.next()
    if (done === true) throw new Error(`it ended with ${await this.#code}: ${this.#stderr}`)
    return (value as [Message])[0]
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

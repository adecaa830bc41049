import { terminalView } from 'underway/terminal'
import { type Outcome, train } from './controller.js'
import { readCommandLine, usage } from './options.js'

const exitCodes: Readonly<Record<Outcome, number>> = { completed: 0, failed: 1, cancelled: 0 }
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const

type Signal = keyof typeof signalCodes

/** @returns the exit code; 0 completed, 1 failed, 2 wrong usage, 130 and 143 interrupted */
export async function main(args: readonly string[]): Promise<number> {
  const command = readCommandLine(args)
  switch (command.kind) {
    case 'help':
      process.stdout.write(usage)
      return 0
    case 'invalid':
      process.stderr.write(`underway demo: ${command.message}; see underway demo --help\n`)
      return 2
    case 'run': {
      using interruption = new Interruption()
      using _view = terminalView({
        env: process.env,
        mode: command.mode,
        title: `training controller, seed ${command.options.seed}`,
      })
      const outcome = await train(command.options, interruption.signal)
      return interruption.exitCode ?? exitCodes[outcome]
    }
  }
}

/** Ctrl-C, a termination, or a reader that has left: the training is to end in good order. The second time it ends at once. */
class Interruption implements Disposable {
  readonly #controller = new AbortController()
  exitCode: number | undefined

  constructor() {
    for (const signal of Object.keys(signalCodes)) process.on(signal, this.#interrupt)
    process.stdout.once('error', this.#readerLeft)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(signalCodes)) process.off(signal, this.#interrupt)
  }

  readonly #interrupt = (signal: Signal): void => {
    if (this.exitCode !== undefined) process.exit(signalCodes[signal])
    this.exitCode = signalCodes[signal]
    this.#controller.abort(`interrupted by ${signal}`)
  }

  /** As with `| head`: who has seen enough is not an error. */
  readonly #readerLeft = (): void => this.#controller.abort('nobody reads the output any more')
}

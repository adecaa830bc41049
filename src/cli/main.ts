import { version } from '../base/version.js'

const usage = `underway ${version}: what is underway right now, is it healthy, when is it done?

usage: underway <command> [options]

commands
  demo       run the training controller of the examples; "underway demo --help" lists its options
  version    print the version
  help       print this text
`

/** The part of the demo module that the command calls. */
interface Demo {
  main(args: readonly string[]): Promise<number>
}

async function demo(args: readonly string[]): Promise<number> {
  // Built from examples/ beside this file; the command is its only reader.
  const { main } = (await import(new URL('../examples/training-controller/main.js', import.meta.url).href)) as Demo
  return main(args)
}

/** Runs the command and returns its exit code: 0, or 2 when it was called with something it does not know. */
export async function main(args: readonly string[]): Promise<number> {
  const [command = 'help', ...rest] = args
  switch (command) {
    case 'demo':
      return demo(rest)
    case 'version':
    case '--version':
    case '-v':
      process.stdout.write(`${version}\n`)
      return 0
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(usage)
      return 0
    default:
      process.stderr.write(`underway: unknown command '${command}'; the commands are demo, version and help\n`)
      return 2
  }
}

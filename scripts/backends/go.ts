import { spawn } from 'node:child_process'

const keptOutput = 4000

const installAdvice: Readonly<Record<string, string>> = {
  go: 'Go is not installed: see https://go.dev/dl',
  python3: 'Python 3 is not installed: see https://www.python.org/downloads',
}

export interface CommandOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `go`, and resolves to what it wrote to stdout. Rejects with the end of what it said. */
export function go(args: readonly string[], options: CommandOptions): Promise<string> {
  return command('go', args, options)
}

/** Without C: one static program, and no compiler needed besides Go. */
export function command(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-buildvcs=false', ...options.env }
    const child = spawn(file, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let tail = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      tail = (tail + text).slice(-keptOutput)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-keptOutput)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' ? installAdvice[file] : undefined
      reject(missing === undefined ? error : new Error(missing))
    })
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}:\n${tail.trim()}`))
    })
  })
}

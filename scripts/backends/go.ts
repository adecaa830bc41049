import { spawn } from 'node:child_process'

const keptOutput = 4000

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
      reject(error.code === 'ENOENT' && file === 'go' ? new Error('Go is not installed: see https://go.dev/dl') : error)
    })
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}:\n${tail.trim()}`))
    })
  })
}

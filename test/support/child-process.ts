import { execFile } from 'node:child_process'

export interface ChildResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ChildOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Another Node than that of the tests. */
  readonly node?: string | undefined
}

/** Runs `node` as the tests themselves run, whatever the system's own is. Rejects only if it cannot be started. */
export function runNode(args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return run(options.node ?? process.execPath, args, options)
}

/** Runs npm without a network: what it would have to fetch makes it fail. */
export function runNpm(
  args: readonly string[],
  options: ChildOptions & { readonly cache: string },
): Promise<ChildResult> {
  const offline = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', options.cache]
  const cli = process.env['npm_execpath']
  return cli === undefined ? run('npm', [...args, ...offline], options) : runNode([cli, ...args, ...offline], options)
}

function run(file: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const settings = { cwd: options.cwd, env: { ...plainEnvironment(), ...options.env }, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(file, args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'string') reject(error ?? new Error(`${file} did not start`))
      else resolve({ code: code ?? child.exitCode ?? -1, stdout, stderr })
    })
  })
}

/** What npm and vitest set for us would change what a child does. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|vitest|node_env$|node_options$|node_v8_coverage$|init_cwd$|force_color$)/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

import { readFileSync } from 'node:fs'
import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { command, go } from './go.ts'
import type { Program } from './program.ts'
import { versions } from './versions.ts'

const manifest = readHere('collector/manifest.yaml')

const collector: Program = {
  name: 'otelcol',
  version: versions.collector,
  recipe: manifest,
  async build(workspace, output) {
    await go(['install', `go.opentelemetry.io/collector/cmd/builder@v${versions.collector}`], {
      cwd: workspace,
      env: { GOBIN: workspace },
    })
    await writeFile(join(workspace, 'manifest.yaml'), manifest)
    await command(join(workspace, 'builder'), ['--config', 'manifest.yaml'], { cwd: workspace })
    await rename(join(workspace, 'build', 'otelcol'), output)
  },
}

const jaeger: Program = {
  name: 'jaeger',
  version: versions.jaeger,
  // `go install` refuses a module with replace directives, so it is built inside a copy of the module.
  async build(workspace, output) {
    const source = join(workspace, 'source')
    const module = await downloadModule(`github.com/jaegertracing/jaeger@v${versions.jaegerModule}`, workspace)
    await cp(module, source, { recursive: true })
    await command('chmod', ['-R', 'u+w', source], { cwd: workspace })
    await go(['build', '-o', output, './cmd/jaeger'], { cwd: source })
  },
}

const prometheus = ofPrometheus('prometheus')

/** Checks the files of Prometheus that a running one reads only in part. */
const promtool = ofPrometheus('promtool')

/** Checks the file of Alertmanager, which itself cannot be built from its module: its page is missing there. */
const amtool: Program = {
  name: 'amtool',
  version: versions.alertmanager,
  async build(workspace, output) {
    await go(['install', `github.com/prometheus/alertmanager/cmd/amtool@v${versions.alertmanager}`], {
      cwd: workspace,
      env: { GOBIN: workspace },
    })
    await rename(join(workspace, 'amtool'), output)
  },
}

/** Loads a compose file as `docker compose config` does; the client itself is not needed. */
const composeConfig = ofOurs('compose-config', 'github.com/compose-spec/compose-go/v2', versions.composeGo)

/** Reads provisioning files of Grafana by its published models. Grafana itself is not in the proxy of Go modules. */
const grafanaFiles = ofOurs('grafana-files', 'github.com/grafana/grafana-openapi-client-go', versions.grafanaModels)

/** Runs a Python script that reads what TensorBoard reads. */
const tensorboard = ofPython('tensorboard', '')

const mlflow = ofPython('mlflow', '-m mlflow')

/** The client of Weights & Biases. */
const wandb = ofPython('wandb', '-m wandb')

export const programs = {
  composeConfig,
  grafanaFiles,
  amtool,
  tensorboard,
  mlflow,
  wandb,
  collector,
  prometheus,
  promtool,
  jaeger,
} as const satisfies Record<string, Program>

/** A package of PyPI in an environment of its own. @param runs what its Python is told before the arguments */
function ofPython(name: 'tensorboard' | 'mlflow' | 'wandb', runs: string): Program {
  return {
    name,
    version: versions[name],
    async build(workspace, output) {
      const environment = join(dirname(output), 'environment')
      await command('python3', ['-m', 'venv', environment], { cwd: workspace })
      const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `${name}==${versions[name]}`]
      await command(join(environment, 'bin/python'), install, { cwd: workspace })
      // Beside its Python, wherever the folder is moved to: the scripts that pip writes know the old place only.
      const script = `#!/bin/sh\nexec "$(dirname "$0")/environment/bin/python" ${runs} "$@"\n`
      await writeFile(output, script, { mode: 0o755 })
    },
  }
}

/** A program in a folder beside this file, around a library. */
function ofOurs(name: 'compose-config' | 'grafana-files', library: string, version: string): Program {
  const source = readHere(`${name}/main.go`)
  return {
    name,
    version,
    recipe: source,
    async build(workspace, output) {
      await writeFile(join(workspace, 'main.go'), source)
      await go(['mod', 'init', `underway.example/${name}`], { cwd: workspace })
      await go(['get', `${library}@v${version}`], { cwd: workspace })
      await go(['mod', 'tidy'], { cwd: workspace })
      await go(['build', '-o', output, '.'], { cwd: workspace })
    },
  }
}

function ofPrometheus(name: string): Program {
  return {
    name,
    version: versions.prometheus,
    // A module of our own repeats the one replacement that the program cannot be built without.
    async build(workspace, output) {
      const command = `github.com/prometheus/prometheus/cmd/${name}`
      const cloud = 'cloud.google.com/go'
      await go(['mod', 'init', 'underway.example/prometheus'], { cwd: workspace })
      await go(['mod', 'edit', '-replace', `${cloud}=${cloud}@v0.123.0`], { cwd: workspace })
      await go(['get', '-tool', `${command}@v${versions.prometheusModule}`], { cwd: workspace })
      await go(['build', '-tags', 'netgo,remove_all_sd', '-o', output, command], { cwd: workspace })
    },
  }
}

async function downloadModule(module: string, workspace: string): Promise<string> {
  const cwd = join(workspace, 'download')
  await mkdir(cwd)
  const { Dir } = JSON.parse(await go(['mod', 'download', '-json', module], { cwd })) as { Dir: string }
  return Dir
}

function readHere(path: string): string {
  return readFileSync(join(import.meta.dirname, path), 'utf8')
}

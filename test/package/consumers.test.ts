import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChildResult, runNode } from '../support/child-process.js'
import { succeeded, Workbench } from '../support/installed-project.js'
import { repositoryRoot } from '../support/repository.js'

const workbench = new Workbench()
afterAll(() => workbench[Symbol.dispose]())

const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  readonly dependencies?: Readonly<Record<string, string>>
}
const dependencyNames = Object.keys(manifest.dependencies ?? {})

let underway: string
let api: string
/** What npm would fetch with it. */
let dependencies: string[]
beforeAll(async () => {
  underway = await workbench.pack('.')
  api = await workbench.pack('node_modules/@opentelemetry/api')
  dependencies = await Promise.all(dependencyNames.map((name) => workbench.pack(`node_modules/${name}`)))
})

const trackedWork = {
  before: true,
  during: false,
  summary: 'Active: 1 (Consumer: 1)',
  result: 42,
  after: true,
}

describe('installed from its tarball into an empty project, without a network', () => {
  test('an ES module imports it and its work is counted', async () => {
    const project = await workbench.project({ type: 'module' }, [underway, api, ...dependencies], ['consumer.mjs'])
    const { stdout, stderr } = succeeded(await runNode(['consumer.mjs'], { cwd: project }))
    expect(JSON.parse(stdout)).toEqual(trackedWork)
    expect(stderr).toBe('')
  })

  test('a CommonJS module requires it and its work is counted', async () => {
    const project = await workbench.project({}, [underway, api, ...dependencies], ['consumer.cjs'])
    const { stdout, stderr } = succeeded(await runNode(['consumer.cjs'], { cwd: project }))
    expect(JSON.parse(stdout)).toEqual(trackedWork)
    expect(stderr).toBe('')
  })

  test('the tarball holds what is built, what is read and what is deployed, and no source or test', async () => {
    const project = await workbench.project({}, [underway, api, ...dependencies], [])
    const installed = join(project, 'node_modules/underway')
    const read = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'docs']
    const deployed = ['collector-config.yaml', 'deploy', 'docker-compose.yml']
    expect(readdirSync(installed).sort()).toEqual([...read, ...deployed, 'dist', 'package.json'].sort())
    expect(readdirSync(join(installed, 'deploy/grafana/dashboards'))).toEqual(['experiment.json', 'underway.json'])
    expect(readdirSync(join(installed, 'dist'))).toContain('index.js')
  })
})

describe('a strict TypeScript project compiles against it, its libraries checked too', () => {
  const compilers = ['typescript-5.9', 'typescript', 'typescript-7'].map((folder) => {
    const manifest = readFileSync(join(repositoryRoot, 'node_modules', folder, 'package.json'), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    return { folder, version }
  })
  const resolutions = [
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ]
  const combinations = compilers.flatMap((compiler) =>
    resolutions.map((resolution) => ({ ...compiler, ...resolution })),
  )

  let project: string
  beforeAll(async () => {
    const types = [await workbench.pack('node_modules/@types/node'), await workbench.pack('node_modules/undici-types')]
    project = await workbench.project(
      { type: 'module' },
      [underway, api, ...dependencies, ...types],
      ['consumer.ts', 'decorated-methods.ts', 'decorated-fields.ts'],
    )
  })

  /** @param folder of the compiler in node_modules */
  function compile(
    folder: string,
    module: string,
    moduleResolution: string,
    file: string,
    libraries: { readonly lib?: string[]; readonly types?: string[] } = { lib: ['esnext'], types: ['node'] },
    more: { readonly experimentalDecorators?: boolean; readonly declaration?: boolean } = {},
  ): Promise<ChildResult> {
    const config = join(project, `tsconfig.${folder}.${module}.${file}.${more.experimentalDecorators ?? false}.json`)
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      ...libraries,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      ...more,
    }
    writeFileSync(config, JSON.stringify({ compilerOptions, files: [file] }))
    const tsc = join(repositoryRoot, 'node_modules', folder, 'bin/tsc')
    return runNode([tsc, '-p', config, '--pretty', 'false'], { cwd: project })
  }

  test('three lines of TypeScript take part', () => {
    expect(compilers.map(({ version }) => version.replace(/\.\d+$/, ''))).toEqual(['5.9', '6.0', '7.0'])
  })

  test.each(combinations)('TypeScript $version, $module with $moduleResolution', async (combination) => {
    const { folder, module, moduleResolution } = combination
    const { code, stdout } = await compile(folder, module, moduleResolution, 'consumer.ts')
    expect(stdout).toBe('')
    expect(code).toBe(0)
  })

  const decorated = compilers.flatMap((compiler) => [
    { ...compiler, file: 'decorated-methods.ts', kind: 'TC39', experimentalDecorators: false },
    { ...compiler, file: 'decorated-methods.ts', kind: 'legacy', experimentalDecorators: true },
    { ...compiler, file: 'decorated-fields.ts', kind: 'TC39', experimentalDecorators: false },
  ])
  test.each(decorated)('TypeScript $version, $file with $kind decorators', async (given) => {
    const { folder, file, experimentalDecorators } = given
    const more = { experimentalDecorators, declaration: true }
    const { code, stdout } = await compile(folder, 'nodenext', 'nodenext', file, undefined, more)
    expect(stdout).toBe('')
    expect(code).toBe(0)
  })

  test.each(compilers)('TypeScript $version with no library but that of its target', async ({ folder }) => {
    const small = `import { getTracker, startActivity } from 'underway'\nstartActivity('x').complete()\ngetTracker().isQuiescent()\n`
    writeFileSync(join(project, 'small.ts'), small)
    const { code, stdout } = await compile(folder, 'nodenext', 'nodenext', 'small.ts', { types: [] })
    expect(stdout).toBe('')
    expect(code).toBe(0)
  })

  test.each(compilers)('TypeScript $version refuses a wrong use, so that the others can fail', async ({ folder }) => {
    writeFileSync(join(project, 'wrong.ts'), `import { getTracker } from 'underway'\ngetTracker().noSuchMethod()\n`)
    const { code, stdout } = await compile(folder, 'nodenext', 'nodenext', 'wrong.ts')
    expect(code).not.toBe(0)
    expect(stdout).toContain(`wrong.ts(2,14): error TS2339`)
  })
})

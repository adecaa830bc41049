import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from '../support/child-process.js'
import { repositoryRoot } from '../support/repository.js'

const pages = [
  'README.md',
  'docs/tracking.md',
  'docs/waiting.md',
  'docs/health.md',
  'docs/watching.md',
  'docs/experiment-backends.md',
  'docs/opentelemetry.md',
  'docs/existing-setup.md',
  'docs/experiments.md',
  'docs/conformance.md',
]

/** Every TypeScript block of a page; each must stand on its own. */
function examplesOf(page: string): string[] {
  return [...readFileSync(join(repositoryRoot, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code = '']) => code,
  )
}

test('every TypeScript example of the documents compiles as it stands', async () => {
  const folder = join(repositoryRoot, 'node_modules/.cache/doc-examples')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  let written = 0
  for (const page of pages) {
    for (const [index, code] of examplesOf(page).entries()) {
      writeFileSync(join(folder, `${page.replace(/\W/g, '-')}-${index + 1}.mts`), `${code}\nexport {}\n`)
      written += 1
    }
  }
  expect(written).toBeGreaterThan(10)
  const config = {
    extends: join(repositoryRoot, 'tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false,
      rootDir: repositoryRoot,
      typeRoots: [join(repositoryRoot, 'node_modules/@types')],
    },
    include: ['*.mts'],
    exclude: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiled = await runNode([join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    cwd: folder,
  })
  expect(compiled.stdout + compiled.stderr).toBe('')
  expect(compiled.code).toBe(0)
}, 60_000)

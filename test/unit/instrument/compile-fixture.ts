import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { repositoryRoot } from '../../support/repository.js'

const fixtures = join(import.meta.dirname, 'fixtures')

/** Type-checks a fixture and compiles it to a file that Node can load. @returns the address of that file */
export function compileFixture(name: string, settings: ts.CompilerOptions): string {
  const { config } = ts.readConfigFile(join(repositoryRoot, 'tsconfig.base.json'), ts.sys.readFile)
  const base = ts.convertCompilerOptionsFromJson(
    (config as { compilerOptions: object }).compilerOptions,
    repositoryRoot,
  )
  const path = join(fixtures, name)
  const options = { ...base.options, ...settings, allowImportingTsExtensions: false }
  const program = ts.createProgram([path], options)
  const source = program.getSourceFile(path)
  const problems = [
    ...program.getOptionsDiagnostics(),
    ...program.getSemanticDiagnostics(source),
    ...program.getSyntacticDiagnostics(source),
  ]
  if (problems.length > 0)
    throw new Error(
      ts.formatDiagnostics(problems, {
        getCanonicalFileName: String,
        getCurrentDirectory: () => repositoryRoot,
        getNewLine: () => '\n',
      }),
    )
  const cache = join(repositoryRoot, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const compiled = join(mkdtempSync(join(cache, 'underway-fixture-')), name.replace(/\.ts$/, '.mjs'))
  const compilerOptions = {
    ...options,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  writeFileSync(
    compiled,
    ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions, fileName: path }).outputText,
  )
  return pathToFileURL(compiled).href
}

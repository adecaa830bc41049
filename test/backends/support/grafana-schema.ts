import { join } from 'node:path'
import { loadFromGrafana } from './grafana-packages.js'
import { grafanaFolder } from './install-grafana.js'

type Kind = 'Dashboard' | 'DataSource' | 'PrometheusQuery'

interface Problem {
  readonly instancePath: string
  readonly message?: string
  readonly params: { readonly additionalProperty?: string; readonly allowedValues?: readonly unknown[] }
}

interface Validate {
  (value: unknown): boolean
  readonly errors?: readonly Problem[] | null
}

interface Generator {
  createSchema(type: string): object
}

interface GeneratorPackage {
  createGenerator(config: Readonly<Record<string, unknown>>): Generator
}

interface AjvPackage {
  readonly Ajv: new (options: object) => { compile(schema: object): Validate }
}

const checks = new Map<Kind, Validate>()
let generator: Generator | undefined

/** What Grafana's own types say against a value: where, and what; nothing if it fits. */
export function problemsOf(kind: Kind, value: unknown): readonly string[] {
  const check = checks.get(kind) ?? checkOf(kind)
  checks.set(kind, check)
  if (check(value)) return []
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, params.additionalProperty, params.allowedValues?.join(' | ')].filter(Boolean).join(' '),
  )
}

function checkOf(kind: Kind): Validate {
  const { createGenerator } = loadFromGrafana('ts-json-schema-generator') as GeneratorPackage
  const { Ajv } = loadFromGrafana('ajv') as AjvPackage
  generator ??= createGenerator({
    path: join(grafanaFolder, 'schema.ts'),
    tsconfig: join(grafanaFolder, 'tsconfig.json'),
    expose: 'none',
    topRef: false,
    additionalProperties: false,
    discriminatorType: 'open-api',
  })
  return new Ajv({ allErrors: true, strict: false, discriminator: true }).compile(generator.createSchema(kind))
}

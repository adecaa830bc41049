import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configuredBackends } from '../../../src/experiment/index.js'
import { httpReceiver } from '../../support/http-receiver.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'underway-configured-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function yaml(text: string): string {
  const path = join(folder, 'underway.yaml')
  writeFileSync(path, text)
  return path
}

function names(text: string, env: Record<string, string> = {}): readonly string[] {
  return configuredBackends({ file: yaml(text), env }).map(({ name }) => name)
}

describe('backends in a file', () => {
  test('are one or several, with their options beside them', () => {
    expect(names('logger:\n  backend: console\n')).toEqual(['console'])
    const text = `
logger:
  backend: [jsonl, tensorboard, feishu]
  jsonl: { path: ${folder}/scalars.jsonl, name: lines }
  tensorboard:
    log_dir: ${folder}/logs
  feishu:
    url: \${FEISHU_URL}
    secret: \${FEISHU_SECRET}
`
    const env = { FEISHU_URL: 'https://example.com/hook', FEISHU_SECRET: 's' }
    expect(names(text, env)).toEqual(['lines', 'tensorboard', 'feishu'])
  })

  test('are those of UNDERWAY_CONFIG where no file is given, and none without either', () => {
    expect(configuredBackends({ env: { UNDERWAY_CONFIG: yaml('logger: { backend: console }') } })).toHaveLength(1)
    expect(configuredBackends({ env: {} })).toEqual([])
    expect(names('')).toEqual([])
    expect(names('runtime_monitor: {}\nlogger:\n')).toEqual([])
    expect(names('logging: { level: info }\nplugins: []\n')).toEqual([])
  })

  test('have the experiment of the file as that of MLflow', async () => {
    const { url, received } = await httpReceiver((response) => response.writeHead(400).end('{}'))
    const text = `experiment_name: v1\nlogger:\n  backend: mlflow\n  mlflow: { tracking_uri: ${url} }\n`
    const [backend] = configuredBackends({ file: yaml(text), env: {} })
    const call = { id: 'id', signal: new AbortController().signal }
    await expect(backend?.writeScalars?.([{ run: 'r', step: 1, at: 0, values: { a: 1 } }], call)).rejects.toThrow('400')
    expect(received.map(({ path }) => path)).toEqual(['/api/2.0/mlflow/experiments/get-by-name?experiment_name=v1'])
  })

  test.each([
    [
      'logger: { backend: aim }',
      'logger.backend: expected console, jsonl, tensorboard, mlflow, wandb, slack, feishu, webhook',
    ],
    ['logger: { backend: toString }', 'logger.backend: expected console'],
    ['logger: console', 'logger: expected a mapping'],
    [
      'logger: { backend: jsonl }',
      'logger.jsonl: jsonLinesBackend({ path }): it is missing, and there is no default; expected a path',
    ],
    ['logger: { backend: jsonl, jsonl: x }', 'logger.jsonl: expected a mapping'],
    [
      'logger: { backend: slack, slack: { url: "\x24{SLACK_URL}" } }',
      'logger.slack.url: the variable SLACK_URL is not set',
    ],
    ['- a', 'expected a YAML file with a mapping, got a list'],
    ['loger: { backend: console }', 'loger: did you mean logger?'],
    ['a: {}\nLoggers: { backend: console }', 'Loggers: did you mean logger?'],
    ['logger: { backend: console, tensorbord: {} }', 'logger.tensorbord: unknown option; known are backend, console'],
    ['logger: { backend: console, delayMillis: 5 }', 'logger.delayMillis: unknown option; known are backend, console'],
    [
      'logger: { backend: jsonl, jsonl: { path: x, paht: y } }',
      'logger.jsonl: jsonLinesBackend({ paht }): unknown option; known are path, name',
    ],
    ['logger: { backend: [console, tensorbord] }', "got 'tensorbord'; none of the backends in the file is used"],
    ['a: [', 'cannot be read as YAML'],
  ])('are refused with the place: %s', (text, said) => {
    expect(() => names(text)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(said) }),
    )
  })
})

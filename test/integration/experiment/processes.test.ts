import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { httpReceiver } from '../../support/http-receiver.js'
import { repositoryRoot } from '../../support/repository.js'

const program = join(import.meta.dirname, 'fixtures/program.mjs')

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'underway-processes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function stepsIn(folder: string): readonly number[] {
  const lines = readFileSync(join(folder, 'scalars.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.flatMap((line) => (JSON.parse(line) as { readonly step?: number }).step ?? [])
}

/** Records of an event file, by the lengths that stand before them. */
function recordsIn(folder: string): number {
  const [name = ''] = readdirSync(join(folder, 'logs/train'))
  const content = readFileSync(join(folder, 'logs/train', name))
  let records = 0
  for (let at = 0; at < content.length; at += Number(content.readBigUInt64LE(at)) + 16) records += 1
  return records
}

const steps = Array.from({ length: 10 }, (_, step) => step)

describe('scalars that wait for files when a process ends', () => {
  test.each([
    ['natural', 0, ''],
    ['exit', 3, ''],
    ['throw', 1, ''],
    ['close', 0, 'true'],
  ])('are written: %s', async (how, code, stdout) => {
    const folder = newFolder()
    expect(await runNode([program, how, folder], { cwd: repositoryRoot })).toMatchObject({ code, stdout })
    expect(stepsIn(folder)).toEqual(steps)
    // One for the version of the file.
    expect(recordsIn(folder)).toBe(11)
  })

  test('are written although a webhook hangs, which does not hold the process', async () => {
    const folder = newFolder()
    const { url, received } = await httpReceiver(() => undefined)
    const ended = await runNode([program, 'natural', folder, url], { cwd: repositoryRoot })
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    expect([received.length, stepsIn(folder)]).toEqual([1, steps])
  })
})

import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import type { ExperimentMessage, ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isPath, type NamedBackendOptions, nameCheck, pathOf, requireOptions } from './backend-options.js'

export interface JsonLinesBackendOptions extends NamedBackendOptions {
  /** The file; it and its folder are made where they are missing, and what is in it stays. */
  readonly path: string | URL
}

const checks: OptionChecks<JsonLinesBackendOptions> = {
  path: [isPath, 'a path'],
  name: nameCheck,
}

/** JSON has no NaN and no infinities. */
function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

function lineOf({ run, step, at, values }: ScalarEntry): string {
  const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, jsonNumber(value)]))
  return `${JSON.stringify({ run, step: jsonNumber(step), at, values: numbers })}\n`
}

const lineEnd = 0x0a

/** Begins a new line where the last one was torn off in the middle. */
function textAfter(lastByte: number | undefined, text: string): string {
  return lastByte === undefined || lastByte === lineEnd ? text : `\n${text}`
}

/** In one write at the end of the file, so that the lines of several processes do not mix. */
async function append(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a+')
  try {
    const { size } = await file.stat()
    const last = size === 0 ? undefined : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0]
    await file.appendFile(textAfter(last, text))
  } finally {
    await file.close()
  }
}

function appendNow(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a+')
  try {
    const { size } = fstatSync(file)
    const last = Buffer.alloc(1)
    if (size > 0) readSync(file, last, 0, 1, size - 1)
    writeSync(file, textAfter(size === 0 ? undefined : last[0], text))
  } finally {
    closeSync(file)
  }
}

/**
 * Appends to one file, a line of JSON for each call: `{"run","step","at","values"}` for scalars, where NaN and the
 * infinities are the texts `"NaN"`, `"Infinity"`, `"-Infinity"`, and `{"message":{"title","content","at"}}`. Of a scalar
 * that has several lines for one step, the last one holds.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function jsonLinesBackend(given: JsonLinesBackendOptions): ExperimentBackend {
  return settingUp('jsonLinesBackend(options)', () => {
    const options = requireOptions('jsonLinesBackend', checkedOptions('jsonLinesBackend', given, checks), ['path'])
    const path = pathOf(options.path)
    return {
      name: options.name ?? 'jsonl',
      writeScalars: (entries) => append(path, entries.map(lineOf).join('')),
      sendMessage: ({ title, content, at }: ExperimentMessage) =>
        append(path, `${JSON.stringify({ message: { title, content, at } })}\n`),
      async flush() {
        if (!existsSync(path)) return
        const file = await open(path, 'a')
        await file.datasync().finally(() => file.close())
      },
      writeScalarsAtExit: (entries) => appendNow(path, entries.map(lineOf).join('')),
    }
  })
}

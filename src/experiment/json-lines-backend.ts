import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import type { ExperimentMessage, ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isPath, type NamedBackendOptions, nameCheck, pathOf } from './backend-options.js'

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

/** Appends whole lines, each batch in one write at the end of the file, so that those of several processes do not mix. */
class LineFile {
  readonly path: string
  /** Whether the last line may have been torn off in the middle: by who wrote before, or by a write of ours that failed. */
  #mayBeTorn = true

  constructor(path: string) {
    this.path = path
  }

  async append(text: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true })
    const file = await open(this.path, 'a+')
    try {
      const begun = this.#mayBeTorn && isTorn(file.fd)
      this.#mayBeTorn = true
      await file.appendFile(begun ? `\n${text}` : text)
      this.#mayBeTorn = false
    } finally {
      await file.close()
    }
  }

  appendNow(text: string): void {
    mkdirSync(dirname(this.path), { recursive: true })
    const file = openSync(this.path, 'a+')
    try {
      writeSync(file, isTorn(file) ? `\n${text}` : text)
    } finally {
      closeSync(file)
    }
  }
}

function isTorn(file: number): boolean {
  const { size } = fstatSync(file)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== lineEnd
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
    const options = checkedOptions('jsonLinesBackend', given, checks, ['path'])
    const file = new LineFile(pathOf(options.path))
    return {
      name: options.name ?? 'jsonl',
      writeScalars: (entries) => file.append(entries.map(lineOf).join('')),
      sendMessage: ({ title, content, at }: ExperimentMessage) =>
        file.append(`${JSON.stringify({ message: { title, content, at } })}\n`),
      async flush() {
        if (!existsSync(file.path)) return
        const written = await open(file.path, 'a')
        await written.datasync().finally(() => written.close())
      },
      writeScalarsAtExit: (entries) => file.appendNow(entries.map(lineOf).join('')),
    }
  })
}

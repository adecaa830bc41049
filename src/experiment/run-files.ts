import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ScalarEntry } from '../tracker/scalars.js'
import { forEachRun } from './for-each-run.js'

/** Files of runs that are written at the same time; the one that was used least lately gets a new file. */
const maxFiles = 10_000

/** The file of one run, and where its next content goes. */
export interface RunFile {
  readonly path: string
  /** Bytes that are written. */
  readonly end: number
  /** Entries that are written. */
  readonly entries: number
}

/** What makes the files of one kind. */
export interface RunFileFormat<F extends RunFile> {
  /** A file of its own for every call: somebody else may have one of the same run. */
  begin(run: string): F
  /**
   * What comes next in a file, its beginning included where nothing is written yet. More entries only add bytes at its
   * end: while the process exits, both may be written at one place.
   */
  content(file: F, entries: readonly ScalarEntry[]): Buffer
  /** What ends a file. A format without it has no end. */
  ending?(file: F): Buffer
}

type Written<F> = F & { end: number; entries: number }

/** Never cut: what still runs when the process exits would take away what was written last. */
function flagsOf({ end }: RunFile): number {
  return end === 0 ? constants.O_CREAT | constants.O_WRONLY : constants.O_WRONLY
}

/** A file for each run of one program. What was written only in part is written again at the same place. */
export class RunFiles<F extends RunFile> {
  readonly #format: RunFileFormat<F>
  readonly #files = new Map<string, Written<F>>()
  /** Of a batch that comes again, these runs have been written. */
  #latest = { id: '', written: new Set<string>() }

  constructor(format: RunFileFormat<F>) {
    this.#format = format
  }

  /** @param id the same where a batch comes again */
  async write(entries: readonly ScalarEntry[], id: string): Promise<void> {
    if (this.#latest.id !== id) this.#latest = { id, written: new Set() }
    const { written } = this.#latest
    await forEachRun(byRun(entries), async ([run, ofRun]) => {
      if (written.has(run)) return
      const file = this.#of(run)
      await mkdir(dirname(file.path), { recursive: true })
      await this.#append(run, file, this.#format.content(file, ofRun))
      file.entries += ofRun.length
      written.add(run)
    })
  }

  writeNow(entries: readonly ScalarEntry[]): void {
    const failures: unknown[] = []
    for (const [run, ofRun] of byRun(entries)) {
      try {
        this.#appendNow(run, ofRun)
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  #appendNow(run: string, entries: readonly ScalarEntry[]): void {
    const file = this.#of(run)
    mkdirSync(dirname(file.path), { recursive: true })
    const content = this.#format.content(file, entries)
    const opened = openSync(file.path, flagsOf(file))
    try {
      for (let done = 0; done < content.byteLength; )
        done += writeSync(opened, content, done, content.byteLength - done, file.end + done)
    } finally {
      closeSync(opened)
    }
    file.end += content.byteLength
    file.entries += entries.length
  }

  /** Ends every file, also where another cannot be; a run that is written once more gets another one. */
  async close(): Promise<void> {
    await forEachRun([...this.#files], async ([run, file]) => {
      this.#files.delete(run)
      const ending = this.#format.ending?.(file)
      if (ending !== undefined && file.end > 0) await this.#append(run, file, ending)
    })
  }

  async #append(run: string, file: Written<F>, content: Buffer): Promise<void> {
    const opened = await open(file.path, flagsOf(file)).catch((error: unknown) => {
      // Somebody has removed it: another attempt begins another file.
      this.#files.delete(run)
      throw error
    })
    try {
      for (let done = 0; done < content.byteLength; )
        done += (await opened.write(content, done, content.byteLength - done, file.end + done)).bytesWritten
    } finally {
      await opened.close()
    }
    file.end += content.byteLength
  }

  #of(run: string): Written<F> {
    const file = this.#files.get(run) ?? this.#format.begin(run)
    // The order of a map is that of its insertions: the least lately used is the first.
    this.#files.delete(run)
    this.#files.set(run, file)
    const [oldest] = this.#files.keys()
    if (this.#files.size > maxFiles && oldest !== undefined) this.#files.delete(oldest)
    return file
  }
}

function byRun(entries: readonly ScalarEntry[]): ReadonlyMap<string, readonly ScalarEntry[]> {
  return Map.groupBy(entries, ({ run }) => run)
}

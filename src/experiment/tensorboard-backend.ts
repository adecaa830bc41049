import { createHash, randomUUID } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import type { ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isPath, type NamedBackendOptions, nameCheck, pathOf, requireOptions, wholeStep } from './backend-options.js'
import { scalarEvent, versionEvent } from './event-message.js'
import { tfRecord } from './tfrecord.js'

export interface TensorBoardBackendOptions extends NamedBackendOptions {
  /** The folder to give to `tensorboard --logdir`; each run gets a folder in it. */
  readonly logDir: string | URL
}

const checks: OptionChecks<TensorBoardBackendOptions> = {
  logDir: [isPath, 'a path'],
  name: nameCheck,
}

/** Event files of runs that are written at the same time; the one that was used least lately gets a new file. */
const maxFiles = 10_000
/** Of a name in a path, which may have 255 bytes. */
const maxSegment = 64

/** One event file, and where its next record goes. */
interface EventFile {
  readonly path: string
  end: number
}

/** The folder of a run: its name, where a file system and a path can have it; else what is left of it and a digest. */
function folderOf(run: string): string {
  const segments = run.split('/').map((segment) =>
    segment
      .replace(/[\p{Cc}<>:"\\|?*]/gu, '_')
      .replace(/^\.+|[. ]+$/g, '_')
      .slice(0, maxSegment)
      .toWellFormed(),
  )
  const folder = segments.filter((segment) => segment !== '').join('/')
  if (folder === run) return folder
  const digest = createHash('sha256').update(run).digest('hex').slice(0, 8)
  return folder === '' ? digest : `${folder}-${digest}`
}

function recordOf({ at, step, values }: ScalarEntry): Buffer {
  return tfRecord(scalarEvent(at / 1_000, BigInt(wholeStep(step)), values))
}

function byRun(entries: readonly ScalarEntry[]): ReadonlyMap<string, readonly ScalarEntry[]> {
  return Map.groupBy(entries, ({ run }) => run)
}

/** Never cut: what still runs when the process exits would take away what was written last. */
function flagsOf({ end }: EventFile): number {
  return end === 0 ? constants.O_CREAT | constants.O_WRONLY : constants.O_WRONLY
}

/** The event files of one program. What was written only in part is written again at the same place. */
class EventFiles {
  readonly #logDir: string
  readonly #files = new Map<string, EventFile>()

  constructor(logDir: string) {
    this.#logDir = logDir
  }

  async write(run: string, entries: readonly ScalarEntry[]): Promise<void> {
    const file = this.#of(run)
    await mkdir(dirname(file.path), { recursive: true })
    const content = contentOf(file, entries)
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

  writeNow(run: string, entries: readonly ScalarEntry[]): void {
    const file = this.#of(run)
    mkdirSync(dirname(file.path), { recursive: true })
    const content = contentOf(file, entries)
    const opened = openSync(file.path, flagsOf(file))
    try {
      for (let done = 0; done < content.byteLength; )
        done += writeSync(opened, content, done, content.byteLength - done, file.end + done)
    } finally {
      closeSync(opened)
    }
    file.end += content.byteLength
  }

  #of(run: string): EventFile {
    const file = this.#files.get(run) ?? this.#new(run)
    // The order of a map is that of its insertions: the least lately used is the first.
    this.#files.delete(run)
    this.#files.set(run, file)
    const [oldest] = this.#files.keys()
    if (this.#files.size > maxFiles && oldest !== undefined) this.#files.delete(oldest)
    return file
  }

  #new(run: string): EventFile {
    const seconds = String(Math.floor(systemClock.wallMillis() / 1_000)).padStart(10, '0')
    const host = hostname().replace(/[^\w-]/g, '_')
    const name = `events.out.tfevents.${seconds}.${host}.${process.pid}.${randomUUID().slice(0, 8)}`
    return { path: join(this.#logDir, folderOf(run), name), end: 0 }
  }
}

function contentOf({ end }: EventFile, entries: readonly ScalarEntry[]): Buffer {
  const first = end === 0 ? [tfRecord(versionEvent((entries[0]?.at ?? 0) / 1_000))] : []
  return Buffer.concat([...first, ...entries.map(recordOf)])
}

/**
 * Writes event files for TensorBoard: a folder for each run, a tag for each scalar, the time of the call as wall time.
 * Values are kept with 32 bits, as TensorBoard keeps them.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function tensorBoardBackend(given: TensorBoardBackendOptions): ExperimentBackend {
  return settingUp('tensorBoardBackend(options)', () => {
    const options = requireOptions('tensorBoardBackend', checkedOptions('tensorBoardBackend', given, checks), [
      'logDir',
    ])
    const files = new EventFiles(pathOf(options.logDir))
    // Of a batch that comes again, these runs have been written.
    let latest = { id: '', written: new Set<string>() }
    return {
      name: options.name ?? 'tensorboard',
      async writeScalars(entries, { id }) {
        if (latest.id !== id) latest = { id, written: new Set() }
        for (const [run, ofRun] of byRun(entries)) {
          if (!latest.written.has(run)) await files.write(run, ofRun)
          latest.written.add(run)
        }
      },
      writeScalarsAtExit(entries) {
        for (const [run, ofRun] of byRun(entries)) files.writeNow(run, ofRun)
      },
    }
  })
}

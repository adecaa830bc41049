import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import type { ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isPath, type NamedBackendOptions, nameCheck, pathOf, wholeStep } from './backend-options.js'
import { scalarEvent, versionEvent } from './event-message.js'
import { type RunFile, RunFiles } from './run-files.js'
import { tfRecord } from './tfrecord.js'

export interface TensorBoardBackendOptions extends NamedBackendOptions {
  /** The folder to give to `tensorboard --logdir`; each run gets a folder in it. */
  readonly logDir: string | URL
}

const checks: OptionChecks<TensorBoardBackendOptions> = {
  logDir: [isPath, 'a path'],
  name: nameCheck,
}

/** Of a name in a path, which may have 255 bytes. */
const maxSegment = 64

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

function newFile(logDir: string, run: string): RunFile {
  const seconds = String(Math.floor(systemClock.wallMillis() / 1_000)).padStart(10, '0')
  const host = hostname().replace(/[^\w-]/g, '_')
  const name = `events.out.tfevents.${seconds}.${host}.${process.pid}.${randomUUID().slice(0, 8)}`
  return { path: join(logDir, folderOf(run), name), end: 0, entries: 0 }
}

function contentOf({ end }: RunFile, entries: readonly ScalarEntry[]): Buffer {
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
    const options = checkedOptions('tensorBoardBackend', given, checks, ['logDir'])
    const logDir = pathOf(options.logDir)
    const files = new RunFiles({ begin: (run) => newFile(logDir, run), content: contentOf })
    return {
      name: options.name ?? 'tensorboard',
      writeScalars: (entries, { id }) => files.write(entries, id),
      writeScalarsAtExit: (entries) => files.writeNow(entries),
    }
  })
}

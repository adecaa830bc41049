import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { checkedOptions, type OptionChecks, settingUp } from '../base/checked-options.js'
import { systemClock } from '../base/clock.js'
import { version } from '../base/version.js'
import type { ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { isPath, type NamedBackendOptions, nameCheck, pathOf } from './backend-options.js'
import { type RunFile, RunFiles } from './run-files.js'
import { wandbLogRecord, wandbLogStart } from './wandb-log.js'
import { endRecords, type Row, rowRecords, rowsOf, runRecords, type WandbRun } from './wandb-records.js'

export interface WandbBackendOptions extends NamedBackendOptions {
  /** The folder that `wandb leet` and `wandb sync` are given; each run gets a folder in it. */
  readonly directory: string | URL
  /** The project that runs belong to once they are uploaded. @defaultValue W&B's own, `uncategorized` */
  readonly project?: string | undefined
}

const checks: OptionChecks<WandbBackendOptions> = {
  directory: [isPath, 'a path'],
  project: [
    (value) => typeof value === 'string' && /^[^/\\#?%:\p{Cc}]{1,128}$/u.test(value),
    'a text of 128 characters at most, without / \\ # ? % :',
  ],
  name: nameCheck,
}

/** Scalars of a run whose latest value its summary has; every row has all of its own. */
const maxSummary = 10_000

interface WandbFile extends RunFile {
  readonly run: WandbRun
  /** The latest value of each scalar, as many as the summary has. */
  readonly latest: Map<string, string>
}

/** A run that nobody else has: several programs may write into one folder. */
function newFile(directory: string, project: string, name: string): WandbFile {
  const startedAtMillis = systemClock.wallMillis()
  const id = randomUUID().replaceAll('-', '').slice(0, 16)
  const [day = '', time = ''] = new Date(startedAtMillis).toISOString().replace(/[-:]/g, '').slice(0, 15).split('T')
  const path = join(directory, `offline-run-${day}_${time}-${id}`, `run-${id}.wandb`)
  return { path, end: 0, entries: 0, run: { id, name, project, startedAtMillis }, latest: new Map() }
}

function keepLatest(latest: Map<string, string>, row: Row): void {
  for (const [scalar, json] of Object.entries(row))
    if (latest.size < maxSummary || latest.has(scalar)) latest.set(scalar, json)
}

/** The same entries with more behind them begin with the same bytes: both may be written while the process exits. */
function contentOf(file: WandbFile, entries: readonly ScalarEntry[]): Buffer {
  const { run, end, entries: before } = file
  const rows = rowsOf(run, entries, before)
  for (const row of rows) keepLatest(file.latest, row)
  const records = rowRecords(rows, before)
  if (end > 0) return framed(records, end)
  const { byteLength } = wandbLogStart
  return Buffer.concat([wandbLogStart, framed([...runRecords(run, `underway ${version}`), ...records], byteLength)])
}

function framed(records: readonly Uint8Array[], position: number): Buffer {
  const parts: Buffer[] = []
  let at = position
  for (const record of records) {
    const part = wandbLogRecord(record, at)
    parts.push(part)
    at += part.byteLength
  }
  return Buffer.concat(parts)
}

/**
 * Writes runs as the client of Weights & Biases does offline, a folder for each: `wandb leet <directory>` shows them
 * without a server, `wandb sync <directory>` uploads them. Every metric is drawn against the step.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function wandbBackend(given: WandbBackendOptions): ExperimentBackend {
  return settingUp('wandbBackend(options)', () => {
    const options = checkedOptions('wandbBackend', given, checks, ['directory'])
    const directory = pathOf(options.directory)
    const project = options.project ?? 'uncategorized'
    const files = new RunFiles<WandbFile>({
      begin: (run) => newFile(directory, project, run),
      content: contentOf,
      ending: ({ latest, entries, end }) => framed(endRecords(latest, entries), end),
    })
    return {
      name: options.name ?? 'wandb',
      writeScalars: (entries, { id }) => files.write(entries, id),
      close: () => files.close(),
      writeScalarsAtExit: (entries) => files.writeNow(entries),
    }
  })
}

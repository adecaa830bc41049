import { checkedOptions, isFunction, isObject, type OptionChecks, settingUp } from '../base/checked-options.js'
import type { ExperimentMessage, ScalarEntry } from '../tracker/scalars.js'
import type { ExperimentBackend } from './backend.js'
import { countCheck, type NamedBackendOptions, nameCheck } from './backend-options.js'
import { plain } from './message-text.js'
import { scalarTable } from './scalar-table.js'

/** The part of a stream that is written to; `process.stdout` and `process.stderr` fit. */
export interface ConsoleStream {
  write(text: string, done?: (error?: Error | null) => void): unknown
  on?(event: 'error', listener: (error: Error) => void): unknown
  off?(event: 'error', listener: (error: Error) => void): unknown
}

export interface ConsoleBackendOptions extends NamedBackendOptions {
  /** @defaultValue `process.stderr` */
  readonly stream?: ConsoleStream | undefined
  /** Rows of one table; of more, the last are shown. @defaultValue 20 */
  readonly maxRows?: number | undefined
  /** Scalars side by side; of more, the first are shown. @defaultValue 8 */
  readonly maxColumns?: number | undefined
}

const checks: OptionChecks<ConsoleBackendOptions> = {
  name: nameCheck,
  stream: [(value) => isObject(value) && isFunction(value['write']), 'a stream such as process.stderr'],
  maxRows: countCheck,
  maxColumns: countCheck,
}

/**
 * Prints scalars as tables, a row for each run and step of a batch, and messages as lines.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function consoleBackend(given: ConsoleBackendOptions = {}): ExperimentBackend {
  return settingUp('consoleBackend(options)', () => {
    const {
      name = 'console',
      stream = process.stderr,
      maxRows = 20,
      maxColumns = 8,
    } = checkedOptions('consoleBackend', given, checks)
    let reader: 'unknown' | 'there' | 'gone' = 'unknown'
    const onError = (): void => {
      reader = 'gone'
    }
    // A reader that leaves (`| head`) makes an error event, which would end the process.
    const print = (text: string): Promise<void> | undefined => {
      if (reader === 'gone') return undefined
      if (reader === 'unknown') stream.on?.('error', onError)
      reader = 'there'
      return new Promise((resolve) => {
        stream.write(text, () => resolve())
      })
    }
    return {
      name,
      writeScalars: (entries: readonly ScalarEntry[]) => print(`${scalarTable(entries, maxRows, maxColumns)}\n`),
      sendMessage: ({ title, content }: ExperimentMessage) =>
        print(`${plain([title, content].filter((part) => part !== '').join(': '))}\n`),
      close() {
        stream.off?.('error', onError)
      },
      writeScalarsAtExit: (entries) => void stream.write(`${scalarTable(entries, maxRows, maxColumns)}\n`),
    }
  })
}

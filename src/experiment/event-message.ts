import { double, float, message, text, varint } from './protobuf.js'

/** `Event.file_version`, the first record of every file. Version 2 keeps steps that come in any order. */
export function versionEvent(wallSeconds: number): Uint8Array {
  return Buffer.concat([double(1, wallSeconds), text(3, 'brain.Event:2')])
}

/** An `Event` with a `Summary` of one `simple_value` for each scalar. */
export function scalarEvent(wallSeconds: number, step: bigint, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).map(([name, value]) => message(1, text(1, name), float(2, value)))
  return Buffer.concat([double(1, wallSeconds), varint(2, step), message(5, ...summary)])
}

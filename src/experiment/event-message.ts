/** The wire types of protocol buffers that are needed here. */
const varint = 0
const fixed64 = 1
const bytes = 2
const fixed32 = 5

function tag(field: number, type: number): number {
  return (field << 3) | type
}

/** The shortest form of a number of 64 bits, negative ones as their complement. */
function encodeVarint(value: bigint): Uint8Array {
  const encoded: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    encoded.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)
  return Uint8Array.from(encoded)
}

function lengthDelimited(field: number, content: Uint8Array): Uint8Array {
  return Buffer.concat(
    [[tag(field, bytes)], encodeVarint(BigInt(content.byteLength)), content].map((part) => Buffer.from(part)),
  )
}

function double(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(9)
  encoded[0] = tag(field, fixed64)
  encoded.writeDoubleLE(value, 1)
  return encoded
}

function float(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(5)
  encoded[0] = tag(field, fixed32)
  encoded.writeFloatLE(value, 1)
  return encoded
}

/** `Event.file_version`, the first record of every file. Version 2 keeps steps that come in any order. */
export function versionEvent(wallSeconds: number): Uint8Array {
  return Buffer.concat([double(1, wallSeconds), lengthDelimited(3, Buffer.from('brain.Event:2'))])
}

/** An `Event` with a `Summary` of one `simple_value` for each scalar. */
export function scalarEvent(wallSeconds: number, step: bigint, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).map(([name, value]) =>
    lengthDelimited(1, Buffer.concat([lengthDelimited(1, Buffer.from(name)), float(2, value)])),
  )
  const stepField = Buffer.concat([Buffer.from([tag(2, varint)]), encodeVarint(step)])
  return Buffer.concat([double(1, wallSeconds), stepField, lengthDelimited(5, Buffer.concat(summary))])
}

/** The wire types of protocol buffers that are needed here. */
const varintType = 0
const fixed64Type = 1
const bytesType = 2
const fixed32Type = 5

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

function tag(field: number, type: number): Uint8Array {
  return encodeVarint(BigInt((field << 3) | type))
}

/** A field that is a whole number or a truth. */
export function varint(field: number, value: bigint): Uint8Array {
  return Buffer.concat([tag(field, varintType), encodeVarint(value)])
}

/** A field that is a message of these parts. */
export function message(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return Buffer.concat([tag(field, bytesType), encodeVarint(BigInt(size)), ...parts])
}

export function text(field: number, value: string): Uint8Array {
  return message(field, Buffer.from(value))
}

export function double(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(8)
  encoded.writeDoubleLE(value)
  return Buffer.concat([tag(field, fixed64Type), encoded])
}

export function float(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(4)
  encoded.writeFloatLE(value)
  return Buffer.concat([tag(field, fixed32Type), encoded])
}

/** A field of a protobuf message; numbers have no bytes. */
export interface Field {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The fields of a message in their order, without knowing its type. */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    let length = 0
    if (tag % 8 === 0) varint()
    else length = tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : varint()
    fields.push({ number, bytes: message.subarray(at, at + length) })
    at += length
  }
  return fields
}

export function textOf(bytes: Uint8Array = new Uint8Array()): string {
  return new TextDecoder().decode(bytes)
}

import { crc32 } from 'node:zlib'

/** What a `.wandb` file starts with: a name, a number and version 0. */
export const wandbLogStart = Buffer.from([...Buffer.from(':W&B'), 0xe1, 0xbe, 0])

const blockSize = 32_768
const headerSize = 7
/** What a piece is of its record. */
const pieces = { whole: 1, first: 2, middle: 3, last: 4 } as const

function pieceOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? pieces.whole : pieces.first
  return isLast ? pieces.last : pieces.middle
}

/**
 * A record as it is framed in a log of LevelDB, but with plain CRC-32: cut into pieces, of which none crosses the border
 * of a block.
 *
 * @param position where in the file it is to stand
 */
export function wandbLogRecord(data: Uint8Array, position: number): Buffer {
  const parts: Buffer[] = []
  let at = position
  let done = 0
  let isFirst = true
  do {
    let room = blockSize - (at % blockSize)
    if (room < headerSize) {
      parts.push(Buffer.alloc(room))
      at += room
      room = blockSize
    }
    // Empty where a block has room for a header alone.
    const piece = data.subarray(done, done + room - headerSize)
    done += piece.byteLength
    const header = Buffer.alloc(headerSize)
    header.writeUInt16LE(piece.byteLength, 4)
    header[6] = pieceOf(isFirst, done === data.byteLength)
    header.writeUInt32LE(crc32(piece, crc32(header.subarray(6))), 0)
    parts.push(header, Buffer.from(piece))
    at += headerSize + piece.byteLength
    isFirst = false
  } while (done < data.byteLength)
  return Buffer.concat(parts)
}

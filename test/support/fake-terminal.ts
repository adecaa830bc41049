import type { TerminalOutput } from '../../src/terminal/output.js'

const start = '\x1b'
const parts = new RegExp(`${start}\\[[?\\d;]*[A-Za-z]|.`, 'gsu')
const up = new RegExp(`^${start}\\[(\\d+)A$`)

type Listener = (error?: Error) => void

/** A terminal as far as our views use one: it keeps what was written, and the screen that a person would see. */
export class FakeTerminal implements TerminalOutput {
  isTTY: boolean
  columns: number
  rows: number
  written = ''
  writes = 0
  cursorShown = true
  readonly #listeners = new Map<string, Set<Listener>>()
  #lines: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns = 80, rows = 24, isTTY = true) {
    this.columns = columns
    this.rows = rows
    this.isTTY = isTTY
  }

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return this
  }

  off(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener)
    return this
  }

  emit(event: string, error?: Error): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(error)
  }

  listeners(event: string): number {
    return this.#listeners.get(event)?.size ?? 0
  }

  write(text: string): boolean {
    this.written += text
    this.writes += 1
    for (const [part = ''] of text.matchAll(parts)) this.#show(part)
    return true
  }

  #show(part: string): void {
    if (part === '\n') this.#to(this.#row + 1, 0)
    else if (part === '\r') this.#column = 0
    else if (part === '\x1b[K') this.#lines[this.#row] = this.#before()
    else if (part === '\x1b[J') this.#lines = [...this.#lines.slice(0, this.#row), this.#before()]
    else if (part === '\x1b[?25l') this.cursorShown = false
    else if (part === '\x1b[?25h') this.cursorShown = true
    else if (up.test(part)) this.#to(Math.max(this.#row - Number(up.exec(part)?.[1]), 0), this.#column)
    else if (!part.startsWith(start)) this.#print(part)
  }

  #before(): string {
    return [...(this.#lines[this.#row] ?? '')].slice(0, this.#column).join('')
  }

  #print(character: string): void {
    if (this.isTTY && this.#column >= this.columns) this.#to(this.#row + 1, 0)
    const line = [...(this.#lines[this.#row] ?? '').padEnd(this.#column)]
    line[this.#column] = character
    this.#lines[this.#row] = line.join('')
    this.#column += 1
  }

  #to(row: number, column: number): void {
    this.#row = row
    this.#column = column
    while (this.#lines.length <= row) this.#lines.push('')
  }

  /** Another width, as terminals do it that break lines anew; the cursor stays behind the last line. */
  resize(columns: number): void {
    const broken = this.#lines.slice(0, this.#row).flatMap((line) => {
      const characters = [...line.trimEnd()]
      const count = Math.max(Math.ceil(characters.length / columns), 1)
      return Array.from({ length: count }, (_, at) => characters.slice(at * columns, (at + 1) * columns).join(''))
    })
    this.#lines = [...broken, '']
    this.#row = broken.length
    this.columns = columns
    this.emit('resize')
  }

  /** What has been shown, scrolled out or not, without the spaces at the ends of lines. */
  get screen(): string[] {
    return this.#lines.map((line) => line.trimEnd())
  }
}

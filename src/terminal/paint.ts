import { styleText } from 'node:util'
import type { ActivityState, Severity } from '../activity/states.js'

type Style = Parameters<typeof styleText>[0]

/** What can be said of a row, a line or the whole, each with its word, its shape and its colour. */
const tones = {
  running: { icon: '●', plain: '*', word: 'running', style: 'cyan' },
  started: { icon: '●', plain: '*', word: 'started', style: 'cyan' },
  waiting: { icon: '◌', plain: 'o', word: 'waiting', style: 'blue' },
  idle: { icon: '○', plain: '-', word: 'idle', style: 'gray' },
  quiescent: { icon: '○', plain: '-', word: 'quiescent', style: 'gray' },
  planned: { icon: '◌', plain: 'o', word: 'planned', style: 'blue' },
  completed: { icon: '✓', plain: '+', word: 'completed', style: 'green' },
  failed: { icon: '✗', plain: 'x', word: 'failed', style: 'red' },
  cancelled: { icon: '⊘', plain: '/', word: 'cancelled', style: 'gray' },
  skipped: { icon: '⊘', plain: '/', word: 'skipped', style: 'gray' },
  interrupted: { icon: '◇', plain: '?', word: 'interrupted', style: 'magenta' },
  decided: { icon: '◆', plain: '>', word: 'decided', style: 'blue' },
  down: { icon: '✗', plain: 'x', word: 'down', style: 'red' },
  up: { icon: '●', plain: '*', word: 'up', style: 'green' },
  healthy: { icon: '✓', plain: '+', word: 'healthy', style: 'green' },
  info: { icon: '·', plain: '.', word: 'info', style: 'gray' },
  log: { icon: '·', plain: '.', word: 'log', style: 'gray' },
  warning: { icon: '▲', plain: '!', word: 'warning', style: 'yellow' },
  error: { icon: '✗', plain: 'x', word: 'error', style: 'red' },
  critical: { icon: '✗', plain: 'x', word: 'critical', style: 'red' },
} as const satisfies Record<
  ActivityState | Severity | (string & {}),
  { icon: string; plain: string; word: string; style: Style }
>

export type Tone = keyof typeof tones

const sparks = '▁▂▃▄▅▆▇█'
const plainSparks = '.:-=+*#%'

/** How to draw: every text passes through here on its way out. */
export interface Look {
  readonly color: boolean
  readonly unicode: boolean
}

/** The marks and colours of one terminal. */
export class Paint {
  readonly #look: Look

  constructor(look: Look) {
    this.#look = look
  }

  #style(style: Style, text: string): string {
    return this.#look.color && text !== '' ? styleText(style, text, { validateStream: false }) : text
  }

  bold(text: string): string {
    return this.#style('bold', text)
  }

  dim(text: string): string {
    return this.#style('gray', text)
  }

  /** A text in the colour of a tone. */
  tinted(tone: Tone, text: string): string {
    return this.#style(tones[tone].style, text)
  }

  /** Icon and word. */
  state(tone: Tone): string {
    return this.tinted(tone, this.plainState(tone))
  }

  plainState(tone: Tone): string {
    return `${this.icon(tone)} ${tones[tone].word}`
  }

  icon(tone: Tone): string {
    return this.#look.unicode ? tones[tone].icon : tones[tone].plain
  }

  /** What stands where a text was cut. */
  get cutMark(): string {
    return this.#look.unicode ? '…' : '...'
  }

  get arrow(): string {
    return this.#look.unicode ? '→' : '->'
  }

  get dot(): string {
    return this.#look.unicode ? '·' : '-'
  }

  get times(): string {
    return this.#look.unicode ? '×' : 'x'
  }

  hairline(width: number): string {
    return this.dim((this.#look.unicode ? '─' : '-').repeat(Math.max(width, 0)))
  }

  /** @param share 0 to 1 */
  bar(share: number, width: number, tone: Tone): string {
    // Full only when all is done, and not empty once something is.
    const exact = Math.min(Math.max(share, 0), 1) * width
    const filled = share >= 1 ? width : Math.min(Math.max(Math.round(exact), share > 0 ? 1 : 0), width - 1)
    const [full, empty] = this.#look.unicode ? ['━', '─'] : ['=', '.']
    return this.tinted(tone, full.repeat(filled)) + this.dim(empty.repeat(Math.max(width - filled, 0)))
  }

  /** Values from left (old) to right (new), the highest as a full block. */
  spark(values: readonly number[], tone: Tone, lowest = 0): string {
    const marks = this.#look.unicode ? sparks : plainSparks
    const highest = Math.max(...values, lowest)
    const range = highest - lowest
    const drawn = values.map((value) => {
      if (!Number.isFinite(value) || (lowest === 0 && value <= 0)) return ' '
      const share = range <= 0 ? 0 : (value - lowest) / range
      return marks[Math.min(Math.round(share * (marks.length - 1)), marks.length - 1)] ?? ' '
    })
    return this.tinted(tone, drawn.join(''))
  }
}

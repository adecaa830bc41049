/** What of a metric decides how Prometheus calls it. */
export interface NamedMetric {
  readonly name: string
  /** Only ever goes up. */
  readonly isCounter: boolean
  /** As UCUM writes it. */
  readonly unit: string
}

/** UCUM to the words of Prometheus, of the units that metrics usually have. */
const unitWords: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  '%': 'percent',
  Cel: 'celsius',
  Hz: 'hertz',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
}

const perWords: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' }

/**
 * The name that Prometheus gives to a metric that it gets over OTLP, with the translation
 * `UnderscoreEscapingWithSuffixes`. A histogram has three series, with `_bucket`, `_sum` and `_count` after it.
 */
export function prometheusName({ name, isCounter, unit }: NamedMetric): string {
  const words = wordsOf(name)
  for (const word of unitSuffix(unit, isCounter)) if (!words.includes(word)) words.push(word)
  const plain = isCounter ? words.filter((word) => word !== 'total') : words
  const joined = [...plain, ...(isCounter ? ['total'] : [])].join('_')
  return /^\d/.test(joined) ? `_${joined}` : joined
}

/** The label that an attribute becomes. */
export function prometheusLabel(attribute: string): string {
  const label = attribute.replaceAll(/[^A-Za-z0-9_]/g, '_')
  return /^\d/.test(label) ? `key_${label}` : label
}

function wordsOf(name: string): string[] {
  return name.split(/[^A-Za-z0-9:]+/).filter((word) => word !== '')
}

/** What stands in braces is a remark and no unit. A plain number is a ratio, unless it counts something. */
function unitSuffix(unit: string, isCounter: boolean): readonly string[] {
  if (unit === '1') return isCounter ? [] : ['ratio']
  const [main = '', per] = unit.replaceAll(/\{[^}]*\}/g, '').split('/')
  const words = main === '' ? [] : wordsOf(unitWords[main] ?? main)
  return per === undefined || per === '' ? words : [...words, 'per', ...wordsOf(perWords[per] ?? per)]
}

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { isObject, shown } from './checked-options.js'
import { UnderwayError } from './underway-error.js'

/**
 * The mapping in a YAML file; empty where the file is.
 *
 * @throws UnderwayError OPTIONS_INVALID, naming the file
 */
export function readYamlFile(path: string): Readonly<Record<string, unknown>> {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read as YAML: ${message}`
    throw new UnderwayError('OPTIONS_INVALID', `${path.slice(0, 200)}: ${why}`, { cause })
  }
  if (content === null || content === undefined) return {}
  if (isObject(content) && !Array.isArray(content)) return content
  throw new UnderwayError('OPTIONS_INVALID', `${path}: expected a YAML file with a mapping, got ${shown(content)}`)
}

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
    const place = path.slice(0, 200)
    throw new UnderwayError('OPTIONS_INVALID', `${place}: cannot be read as YAML: ${(cause as Error).message}`, {
      cause,
    })
  }
  if (content === null || content === undefined) return {}
  if (isObject(content) && !Array.isArray(content)) return content
  throw new UnderwayError('OPTIONS_INVALID', `${path}: expected a YAML file with a mapping, got ${shown(content)}`)
}

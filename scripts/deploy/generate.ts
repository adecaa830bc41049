// Writes dashboards, rules, their tests and the provisioning of Grafana into deploy/.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './files.ts'

const folder = join(import.meta.dirname, '../../deploy')
for (const [path, text] of Object.entries(generatedFiles())) {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(`deploy/${path}`)
}

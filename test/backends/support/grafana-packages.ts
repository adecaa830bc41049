import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inject } from 'vitest'
import { grafanaFolder } from './install-grafana.js'

export const loadFromGrafana = createRequire(join(grafanaFolder, 'package.json'))

/** Whether what Grafana publishes cannot be had. The reason was printed before the tests. */
export const grafanaIsMissing = inject('grafanaMissing') !== ''

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNode } from '../../support/child-process.js'
import { installNodes } from '../../support/install-nodes.js'
import { succeeded } from '../../support/installed-project.js'
import { repositoryRoot } from '../../support/repository.js'

const program = join(import.meta.dirname, 'fixtures/storages.mjs')
const nodes = installNodes()
for (const missing of new Set(nodes.map((node) => node.missing)))
  if (missing !== undefined) console.warn(`skipped: ${missing}`)

interface Running {
  readonly name: string
  readonly node?: string
  readonly flags?: readonly string[]
  readonly sabotage?: string
  /** Whether the package goes past `run` where it may. */
  readonly byFrames: boolean
}

const ways: readonly Running[] = [
  { name: 'this Node', byFrames: true },
  { name: 'this Node without frames', flags: ['--no-async-context-frame'], byFrames: false },
  { name: 'a Node that hides its frames', sabotage: 'hides its frames', byFrames: false },
  { name: 'a Node with frames of another kind', sabotage: 'has frames of another kind', byFrames: false },
  ...nodes.flatMap(({ version, path }) =>
    path === undefined ? [] : [{ name: `Node ${version}`, node: path, byFrames: Number.parseInt(version, 10) >= 24 }],
  ),
]

const outside = [null, null]
const work = ['mine', 'work']
const forGood = ['for good', null]

/** How often a call makes Node run a storage. */
function runsIn(setUp: string, byFrames: boolean): number {
  if (setUp === 'a manager without a storage') return 0
  // What a manager does that shows nothing of itself cannot be known: it is asked.
  return byFrames && setUp !== 'a manager that is not proven yet' ? 0 : 1
}

describe.each([
  'no context manager',
  'a context manager',
  'a manager that comes late',
  'a manager that is not proven yet',
  'a manager without a storage',
])('with %s', (setUp) => {
  test.each(ways)(
    '$name: storages are as they would be without tracking',
    async ({ node, flags, sabotage, byFrames }) => {
      const args = ['--expose-gc', ...(flags ?? []), program, setUp, sabotage ?? '']
      const { stdout } = succeeded(await runNode(args, { cwd: repositoryRoot, node }))
      expect(JSON.parse(stdout)).toEqual({
        seen: {
          alone: ['alone', 'alone', true, false, null],
          around: {
            within: [
              [work, work],
              ['mine', null],
            ],
            after: outside,
          },
          everyWayOn: {
            seenBy: { microtask: work, tick: work, timer: work, immediate: work, promise: work },
            after: outside,
          },
          enteredForGood: {
            results: [
              { before: 'outer', inside: forGood, after: forGood, later: forGood },
              { before: 'outer', inside: ['for good', 'work'], after: forGood, later: forGood },
            ],
            after: outside,
          },
          nested: [
            [null, 'outer'],
            [null, 'outer'],
            ['mine', 'inner'],
            [null, 'outer'],
            [null, 'outer'],
          ],
          elsewhere: [['first', 'steps'], ['second', 'steps'], ['third', 'bound'], outside],
          past: {
            'from inside': 'next to nothing',
            'from inside a storage': 'next to nothing',
            'from an early callback': 'next to nothing',
            'from a subscriber': 'next to nothing',
          },
        },
        sameResource: true,
        open: 0,
        runs: runsIn(setUp, byFrames),
      })
    },
  )
})

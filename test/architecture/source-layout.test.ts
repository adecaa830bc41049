import { expect, test } from 'vitest'
import { checkArchitecture, type Rule, rules } from '../support/architecture.js'
import { readSources } from '../support/repository.js'

const sources = readSources('src')
const violations = checkArchitecture(sources)

test('the source that the rules are checked on is there', () => {
  expect([...sources.keys()]).toContain('src/index.ts')
})

test.each(Object.entries(rules) as [Rule, string][])('%s: %s', (rule) => {
  const found = violations.filter((violation) => violation.rule === rule)
  expect(found.map(({ at, detail }) => `${at} ${detail}`)).toEqual([])
})

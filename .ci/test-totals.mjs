// Prints "passed failed skipped" from vitest's JSON report. What failed outside of a test, a file that did not load,
// an unhandled rejection, a crash before the report, counts as failed too.
import { readFileSync } from 'node:fs'

const [reportPath, exitCode] = process.argv.slice(2)
const totals = { passed: 0, failed: 0, skipped: 0 }

for (const file of readReport().testResults) {
  const failedBefore = totals.failed
  for (const { status } of file.assertionResults) {
    if (status === 'passed' || status === 'failed') totals[status] += 1
    else totals.skipped += 1
  }
  if (file.status === 'failed' && totals.failed === failedBefore) totals.failed += 1
}
if (exitCode !== '0' && totals.failed === 0) totals.failed = 1
if (totals.passed + totals.failed === 0) totals.failed = 1

console.log(totals.passed, totals.failed, totals.skipped)

function readReport() {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8'))
  } catch {
    return { testResults: [] }
  }
}

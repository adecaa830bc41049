// An application that ends its work, says when, and ends as its argument says.
import { writeSync } from 'node:fs'
import { startActivity, startUnderway } from 'underway'
import { end } from './end.mjs'

const [how, count] = process.argv.slice(2)
await startUnderway({ flushOnSignals: how === 'signal' })
for (let index = 0; index < Number(count); index++) startActivity({ name: 'work' }).complete()
end(how, (line) => writeSync(1, line))

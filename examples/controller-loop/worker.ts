import { parentPort } from 'node:worker_threads'
import { answerHealthChecks } from 'underway/health'

answerHealthChecks()

parentPort?.on('message', (text: string) => {
  if (text === 'crash') process.exit(3)
  parentPort?.postMessage({ text, words: text.split(' ').length })
})

/** Says that the work is over, and what time it is, and ends the process. */
export function end(how, write) {
  write(`${Date.now()}\n`)
  switch (how) {
    case 'natural':
      return
    case 'exit':
      process.exit(0)
      break
    case 'throw':
      throw new Error('uncaught')
    case 'reject':
      void Promise.reject(new Error('unhandled'))
      return
    case 'signal':
      setInterval(() => {}, 60_000)
      return
    default:
      throw new Error(`there is no end '${how}'`)
  }
}

import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type ScalarVariant, scalarVariants } from './scalars.ts'
import { names, type ScalarSubject, subjectOf } from './variants/scalars.ts'

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc()
}

/** Values with as many digits as a loss has. */
function valuesAt(step: number): readonly number[] {
  return [Math.sin(step) + 1, step * 1e-6, Math.cos(step) * 10, 1 - 1 / (step + 1)]
}

async function log(subject: ScalarSubject, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step += 1) {
    subject.log(step, valuesAt(step))
    if (step % 250 === 0) await turn()
  }
  await turn()
}

function prove(subject: ScalarSubject, steps: number): void {
  const points = subject.points()
  if (points !== undefined && points !== steps * names.length)
    throw new Error(`the run does not count: ${points} points of ${steps * names.length}`)
}

async function cpuNanos(variant: ScalarVariant, steps: number): Promise<number> {
  const subject = subjectOf(variant)
  const warmUp = Math.ceil(steps / 5)
  await log(subject, 0, warmUp)
  collect()
  const before = process.cpuUsage()
  await log(subject, warmUp, warmUp + steps)
  // What waits is written within the time, by those who write.
  if (variant.subject === 'sent') await subject.written()
  prove(subject, warmUp + steps)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / (steps * names.length)
}

function usedBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function bytesHeld(variant: ScalarVariant, steps: number): Promise<number> {
  const subject = subjectOf(variant)
  const shared = Math.ceil(steps / 10)
  await log(subject, 0, shared)
  const before = usedBytes()
  await log(subject, shared, steps)
  const after = usedBytes()
  prove(subject, steps)
  return (after - before) / ((steps - shared) * names.length)
}

async function bytesWritten(variant: ScalarVariant): Promise<number> {
  const subject = subjectOf(variant)
  await log(subject, 0, 1_000 / names.length)
  const written = await subject.written()
  const bytes = Buffer.concat(written)
  if (bytes.length === 0) throw new Error('the run does not count: nothing was written')
  return variant.gzip === true ? gzipSync(bytes).length : bytes.length
}

function measure(variant: ScalarVariant, steps: number): Promise<number> {
  switch (variant.measure) {
    case 'cpu':
      return cpuNanos(variant, steps)
    case 'memory':
      return bytesHeld(variant, steps)
    case 'wire':
      return bytesWritten(variant)
  }
}

const { values } = parseArgs({
  options: { variant: { type: 'string', default: '' }, steps: { type: 'string', default: '50000' } },
})
const variant = scalarVariants[values.variant]
if (variant === undefined)
  throw new Error(`there is no variant '${values.variant}'; choose one of ${Object.keys(scalarVariants).join(', ')}`)
console.log(JSON.stringify({ value: await measure(variant, Number(values.steps)) }))

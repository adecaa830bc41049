// Stands for Go where the install script is tested: makes the files that it is asked for, without compiling anything.
// With RENDEZVOUS=<folder> every build waits until another install has come as far; with HANG it never ends.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const args = process.argv.slice(2)
const { GOBIN, HANG, RENDEZVOUS } = process.env
const script = (text) => `#!/bin/sh\n${text}\n`

async function meet(name) {
  if (HANG !== undefined) {
    writeFileSync(join(HANG, 'pid'), String(process.pid))
    await new Promise((resolve) => setInterval(resolve, 2 ** 30))
  }
  if (RENDEZVOUS === undefined) return
  const place = join(RENDEZVOUS, name)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, String(process.pid)), '')
  while (readdirSync(place).length < 2) await pause(5)
}

function write(file, text) {
  writeFileSync(file, text, { mode: 0o755 })
}

switch (args[0]) {
  case 'install': {
    const name = basename(args[1].split('@')[0])
    await meet(name)
    write(join(GOBIN, name), script('mkdir build && echo collector > build/otelcol'))
    break
  }
  case 'build': {
    const output = args[args.indexOf('-o') + 1]
    await meet(basename(output))
    write(output, script(''))
    break
  }
  case 'mod':
    if (args[1] === 'download') {
      const module = join(process.cwd(), 'module')
      if (!existsSync(module)) mkdirSync(module)
      process.stdout.write(JSON.stringify({ Dir: module }))
    }
    break
}

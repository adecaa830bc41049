// Adds to package-lock.json the optional packages for other platforms that are missing from it. A registry mirror that
// lacks some of them makes npm leave them out, and `npm ci` then refuses the lock file. Run it after changing dependencies.
import { readFileSync, writeFileSync } from 'node:fs'

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const added = []
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(path, name) || !/^\d+\.\d+\.\d+/.test(version)) continue
    lock.packages[`node_modules/${name}`] = platformEntry(name, version, entry.dev)
    added.push(`${name}@${version}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length === 0 ? 'nothing was missing' : `added:\n${added.join('\n')}`)

function isLocked(path, name) {
  for (let parent = path; ; parent = parent.slice(0, Math.max(parent.lastIndexOf('node_modules/') - 1, 0))) {
    const prefix = parent === '' ? '' : `${parent}/`
    if (lock.packages[`${prefix}node_modules/${name}`] !== undefined) return true
    if (parent === '') return false
  }
}

/** Its platform is read from its name: without one npm would try to fetch it everywhere. */
function platformEntry(name, version, dev) {
  const words = name.split('/').at(-1).split('-')
  const cpu = processors.filter((processor) => words.includes(processor))
  const os = systems.filter((system) => words.includes(system))
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : os.includes('linux') ? ['glibc'] : []
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dev && { dev }),
    ...(libc.length > 0 && cpu.some((processor) => processor !== 'wasm32') && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  }
}

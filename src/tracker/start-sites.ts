import type { SharedFields } from '../activity/record.js'
import type { CallSite } from '../base/call-site.js'

/** A place in the user's code, and what the latest activity that was started there had in common with those before. */
export interface StartPlace {
  readonly startedFrom: CallSite | undefined
  shared: SharedFields | undefined
}

const maxNames = 1_000
const maxSites = 8
/** Beyond the first few starts of a name, one in so many is looked at: some microseconds each, nanoseconds per start. */
const longestGap = 1_024

/** Work of one module and name, and the places where it was seen to start. */
interface Sites {
  /** The latest is the first. */
  readonly places: StartPlace[]
  /** Where no place in the user's code was found. */
  readonly nowhere: StartPlace
  starts: number
  next: number
  gap: number
}

/** A number from 0 to 1; the same row of them in every process, so that tests and reruns see the same. */
function sequence(): () => number {
  let state = 0x9e3779b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/**
 * Where blocks and handles are started from, by module and name. Looking costs microseconds, so it is done at the first
 * start and then at ever larger, uneven distances: a second place that uses the same name is found too, and one that
 * always comes in turn with another is not missed.
 */
export class StartSites {
  readonly #byName = new Map<string, Sites>()
  readonly #bySite = new WeakMap<CallSite, Sites>()
  readonly #random: () => number

  /** @param random numbers from 0 to 1 that spread the starts which are looked at */
  constructor(random: () => number = sequence()) {
    this.#random = random
  }

  /** @param look finds out where the running code was called from */
  of(module: string | undefined, name: string, look: () => CallSite | undefined): StartPlace {
    const key = `${module ?? ''} ${name}`
    const known = this.#byName.get(key)
    if (known === undefined) return this.#first(key, look)
    known.starts += 1
    if (known.starts < known.next) return known.places[0] ?? known.nowhere
    known.gap = Math.min(known.gap * 2, longestGap)
    known.next = known.starts + 1 + Math.floor(this.#random() * known.gap)
    return this.#seen(known, look())
  }

  /** Other places where work of the same module and name was seen to start. */
  besides(site: CallSite): readonly CallSite[] {
    const places = this.#bySite.get(site)?.places ?? []
    return places.flatMap(({ startedFrom }) => (startedFrom === undefined || startedFrom === site ? [] : [startedFrom]))
  }

  #first(key: string, look: () => CallSite | undefined): StartPlace {
    if (this.#byName.size >= maxNames) return nowhere()
    const sites: Sites = { places: [], nowhere: nowhere(), starts: 1, next: 2, gap: 1 }
    this.#byName.set(key, sites)
    return this.#seen(sites, look())
  }

  #seen(sites: Sites, found: CallSite | undefined): StartPlace {
    if (found === undefined) return sites.places[0] ?? sites.nowhere
    const at = sites.places.findIndex(
      ({ startedFrom }) => startedFrom?.file === found.file && startedFrom.line === found.line,
    )
    const place = sites.places[at] ?? { startedFrom: found, shared: undefined }
    if (at >= 0) sites.places.splice(at, 1)
    else this.#bySite.set(found, sites)
    sites.places.unshift(place)
    if (sites.places.length > maxSites) sites.places.pop()
    return place
  }
}

function nowhere(): StartPlace {
  return { startedFrom: undefined, shared: undefined }
}

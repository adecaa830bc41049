import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/**
 * What all storages hold for one piece of running code. Node never changes it; it makes another, and whatever is
 * asynchronous goes on with the one that it began in.
 */
interface Frame {
  readonly size: number
  has(storage: object): boolean
  get(storage: object): unknown
  /** Of those made here: what was current outside of all of them, without what the storage held there. */
  readonly base?: Frame | undefined
  readonly storage?: object
}

/** Node's class of them. A new one holds what the current one does, and one value more. */
interface Frames {
  new (storage: object, value: unknown): Frame
  current(): Frame | undefined
  set(frame: Frame | undefined): void
}

interface Found {
  readonly Plain: Frames
  readonly Based: new (storage: object, value: unknown, base: Frame | undefined) => Frame
}

/** `undefined`: not looked for yet; `null`: not there. */
let found: Found | null | undefined

/** What a resource keeps of the moment in which it was made; by no name that is documented. */
function keptNow(): Readonly<Record<symbol, unknown>> {
  return new AsyncResource('underway', { requireManualDestroy: true }) as never
}

/** Under which symbol a resource keeps the current frame, and the class of that. */
function lookAround(): { readonly key: symbol; readonly frames: Frames } | undefined {
  const kept = keptNow()
  for (const key of Object.getOwnPropertySymbols(kept)) {
    const frames = (kept[key] as { readonly constructor?: unknown } | undefined)?.constructor as Frames | undefined
    if (typeof frames?.current === 'function' && typeof frames.set === 'function' && frames.current() === kept[key])
      return { key, frames }
  }
  return undefined
}

/** Whether the class does all that is relied on here, as seen through the documented doors. */
function behaves(frames: Frames, key: symbol, storage: AsyncLocalStorage<unknown>, held: unknown): boolean {
  const other = new AsyncLocalStorage<unknown>()
  const before = frames.current()
  const both = new frames(other, 'other')
  if (frames.current() !== before || both.get(storage) !== held || !both.has(other)) return false
  frames.set(both)
  if (keptNow()[key] !== both || storage.getStore() !== held || other.getStore() !== 'other') return false
  frames.set(undefined)
  if (keptNow()[key] !== undefined || storage.getStore() !== undefined) return false
  const alone = new frames(storage, 'alone')
  frames.set(alone)
  return alone.size === 1 && storage.getStore() === 'alone' && other.getStore() === undefined
}

function look(): Found | null {
  try {
    const outside = keptNow()
    const storage = new AsyncLocalStorage<unknown>()
    const held = {}
    const around = storage.run(held, () => {
      const seen = lookAround()
      const usable = seen !== undefined && behaves(seen.frames, seen.key, storage, held)
      // An older Node follows a storage for as long as it is not disabled.
      storage.disable()
      return usable ? seen : undefined
    })
    if (around === undefined) return null
    const { key, frames: Plain } = around
    // The very frame that was: `run` has left an entry in its own, which every later switch would copy.
    Plain.set(outside[key] as Frame | undefined)
    class Based extends Plain {
      override readonly storage: object
      override readonly base: Frame | undefined

      constructor(storage: object, value: unknown, base: Frame | undefined) {
        super(storage, value)
        this.storage = storage
        this.base = base
      }
    }
    return { Plain, Based }
  } catch {
    return null
  }
}

/** Apart, as a function that makes closures keeps its arguments for them in every call, whether it makes one or not. */
function run<V, R>(
  storage: AsyncLocalStorage<V>,
  value: V,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
): R {
  return storage.run(value, () => Reflect.apply(fn, self, args) as R)
}

/**
 * Calls a function while a storage holds a value, like `storage.run`. That makes two frames, one to go in and one to come
 * back, and copies each with an iterator, which took a third of a tracked call: here it is one, which copies nothing
 * where no other storage is in use, and coming back is an assignment.
 *
 * The class of the frames is not documented. Where it is not found, or anything about it is not as expected,
 * `storage.run` is used.
 */
export function runWith<V, R>(
  storage: AsyncLocalStorage<V>,
  value: V,
  fn: (...args: never[]) => R,
  self: unknown,
  args: readonly unknown[],
): R {
  if (found === undefined) found = look()
  const before = found?.Plain.current()
  // A frame of ours for another storage, kept as a base, could make a chain of them without an end.
  if (found === null || (before?.storage ?? storage) !== storage) return run(storage, value, fn, self, args)
  const { Plain, Based } = found
  const base = baseOf(before, storage)
  let frame: Frame | undefined
  try {
    Plain.set(base)
    frame = new Based(storage, value, base)
    Plain.set(frame)
    return Reflect.apply(fn, self, args) as R
  } finally {
    if (frame === undefined || Plain.current() === frame) Plain.set(before)
    // The function has entered another storage for good: that stays, as it does after `run`.
    else storage.enterWith(before?.get(storage) as V)
  }
}

/** What is to be copied: the storage's own entry, which `run` leaves behind too, would only be replaced. */
function baseOf(frame: Frame | undefined, storage: object): Frame | undefined {
  if (frame === undefined) return undefined
  if (frame.storage === storage) return frame.base
  return frame.size === 1 && frame.has(storage) ? undefined : frame
}

/** Whether no storage holds anything for the running code. `false` also where that cannot be seen. */
export function inNoStorage(): boolean {
  if (found === undefined) found = look()
  return found !== null && found.Plain.current() === undefined
}

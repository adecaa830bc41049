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

/** The class of the current frame, through what a resource keeps of the moment in which it was made. */
function classOfCurrent(): Frames | undefined {
  const resource = new AsyncResource('underway', { requireManualDestroy: true })
  for (const key of Object.getOwnPropertySymbols(resource)) {
    const frame = (resource as unknown as Record<symbol, { readonly constructor?: unknown } | undefined>)[key]
    const frames = frame?.constructor as Frames | undefined
    if (typeof frames?.current === 'function' && typeof frames.set === 'function' && frames.current() === frame)
      return frames
  }
  return undefined
}

/** Whether it does all that is relied on here, as seen through the documented doors. */
function behaves(frames: Frames, storage: AsyncLocalStorage<unknown>, held: unknown): boolean {
  const other = new AsyncLocalStorage<unknown>()
  const before = frames.current()
  const both = new frames(other, 'other')
  if (frames.current() !== before || both.get(storage) !== held || !both.has(other)) return false
  frames.set(both)
  if (frames.current() !== both || storage.getStore() !== held || other.getStore() !== 'other') return false
  const resource = new AsyncResource('underway', { requireManualDestroy: true })
  frames.set(undefined)
  if (frames.current() !== undefined || storage.getStore() !== undefined) return false
  const alone = new frames(storage, 'alone')
  frames.set(alone)
  if (alone.size !== 1 || storage.getStore() !== 'alone' || other.getStore() !== undefined) return false
  return resource.runInAsyncScope(() => frames.current() === both) && frames.current() === alone
}

function look(): Found | null {
  const storage = new AsyncLocalStorage<unknown>()
  const held = {}
  try {
    const within = (): Frames | undefined => {
      const frames = classOfCurrent()
      return frames !== undefined && behaves(frames, storage, held) ? frames : undefined
    }
    // Inside a resource, which puts back the very frame that was: `run` would leave an entry in the program's.
    const resource = new AsyncResource('underway', { requireManualDestroy: true })
    const Plain = resource.runInAsyncScope(() => storage.run(held, within))
    if (Plain === undefined) return null
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
  } finally {
    storage.disable()
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

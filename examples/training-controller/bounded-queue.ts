/** A queue between modules. Whoever puts waits while it is full, whoever takes waits while it is empty. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  readonly #takers: ((item: T | undefined) => void)[] = []
  readonly #putters: (() => void)[] = []
  #closed = false

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** @returns `false` if the queue was closed, and nobody will take the item */
  async put(item: T): Promise<boolean> {
    while (!this.#closed && this.#items.length >= this.#capacity) {
      await new Promise<void>((resolve) => this.#putters.push(resolve))
    }
    if (this.#closed) return false
    const taker = this.#takers.shift()
    if (taker === undefined) this.#items.push(item)
    else taker(item)
    return true
  }

  /** @returns `undefined` once the queue is closed */
  async take(): Promise<T | undefined> {
    const item = this.#items.shift()
    if (item !== undefined || this.#closed) {
      this.#putters.shift()?.()
      return item
    }
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  /** Lets everybody who waits go. @returns what nobody will take any more */
  close(): T[] {
    this.#closed = true
    for (const taker of this.#takers.splice(0)) taker(undefined)
    for (const putter of this.#putters.splice(0)) putter()
    return this.#items.splice(0)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let item = await this.take(); item !== undefined; item = await this.take()) yield item
  }
}

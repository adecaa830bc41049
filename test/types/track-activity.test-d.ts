// What the types promise. Never run: `npm run typecheck` is the test.
import {
  type ActivityHandle,
  extract,
  planActivity,
  type RemoteActivity,
  runActivity,
  startActivity,
  trackActivity,
  trackDecision,
} from '../../src/index.js'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
function same<_Answer extends true>(): void {}

export function wrappingKeepsTypes(): void {
  const plain = (a: number, b?: string, ...rest: boolean[]): string => `${a}${b}${rest}`
  same<Same<ReturnType<typeof trackActivity<typeof plain>>, typeof plain>>()

  const wrapped = trackActivity({}, plain)
  same<Same<typeof wrapped, typeof plain>>()
  // @ts-expect-error the arguments are checked as before
  wrapped('1')

  const generic = trackActivity({}, <T extends object>(value: T): T => value)
  same<Same<ReturnType<typeof generic<{ a: 1 }>>, { a: 1 }>>()
  // @ts-expect-error the bound of a type parameter is kept
  generic(5)

  function overloaded(value: string): string
  function overloaded(value: number): number
  function overloaded(value: string | number): string | number {
    return value
  }
  const over = trackActivity({ module: 'M' }, overloaded)
  same<Same<typeof over, typeof overloaded>>()
  const text: string = over('x')
  const number: number = over(1)
  // @ts-expect-error there is no overload for a boolean
  over(true)

  const guard = trackActivity({}, (value: unknown): value is string => typeof value === 'string')
  same<Same<typeof guard, (value: unknown) => value is string>>()

  const withProperties = trackActivity(
    {},
    Object.assign(() => 1, { help: 'x' }),
  )
  const help: string = withProperties.help

  const promise: Promise<number> = trackActivity({}, async () => 1)()
  const generator: Generator<number, string, boolean> = trackActivity({}, function* (): Generator<
    number,
    string,
    boolean
  > {
    return (yield 1) ? 'a' : 'b'
  })()
  return void [text, number, help, promise, generator]
}

interface Owner {
  readonly label: string
}

export function thisIsKept(owner: Owner): void {
  function labelled(this: Owner, suffix: string): string {
    return this.label + suffix
  }
  const wrapped = trackActivity(
    {
      module() {
        return this.label
      },
      plan(suffix) {
        return `${this.label} ${suffix.length}`
      },
    },
    labelled,
  )
  same<Same<typeof wrapped, typeof labelled>>()
  wrapped.call(owner, 'x')
  // @ts-expect-error it needs its `this`
  wrapped('x')
}

export function perCallOptionsAreInferred(): void {
  trackActivity(
    {
      module: (batch) => batch.name,
      plan: (batch, size) => `${batch.name} ${size.toFixed()}`,
      attributes: (batch) => ({ name: batch.name }),
      parent: (batch) => batch.parent,
      result: (value) => value.toFixed(),
      did: (value) => `${value.toFixed()} rows`,
    },
    async (batch: { name: string; parent: string | null }, size: number) => batch.name.length + size,
  )
  // @ts-expect-error the function has no second argument
  trackActivity({ plan: (_: string, more: number) => `${more}` }, (_: string) => {})
  // @ts-expect-error `plan` answers with a text
  trackActivity({ plan: () => 5 }, () => {})
  // @ts-expect-error `did` is a function of the value
  trackActivity({ did: 'done' }, () => {})
  // @ts-expect-error `name` cannot differ per call: what differs goes into `plan`
  trackActivity({ name: () => 'x' }, () => {})
  // @ts-expect-error all calls of a function cannot have one id
  trackActivity({ id: 'x' }, () => {})
  // @ts-expect-error options come first
  trackActivity(() => {}, {})
  // @ts-expect-error there is no such option
  trackActivity({ modul: 'x' }, () => {})
  // @ts-expect-error there is no such span kind
  trackActivity({ kind: 'sever' }, () => {})
}

export class Decorated {
  readonly label = 'x'

  @trackActivity()
  plain(): void {}

  @trackActivity({
    module(this: Decorated) {
      return this.label
    },
    group: (a: number) => a.toFixed(),
    plan(this: Decorated, a: number, b: string) {
      return `${this.label} ${a.toFixed()} ${b.length}`
    },
  })
  async both(a: number, b: string): Promise<string> {
    return b.repeat(a)
  }

  @trackActivity({ plan: (a: number) => a.toFixed() })
  static shared<T>(a: number, more: T): T {
    return a > 0 ? more : more
  }

  @trackActivity()
  #hidden(): number {
    return 1
  }

  @trackActivity()
  field = (a: number): number => a + this.#hidden()

  @trackActivity()
  accessor handler: (a: number) => number = (a) => a

  @trackActivity()
  *steps(): Generator<number> {
    yield 1
  }

  @trackActivity<Decorated, [number]>({ plan: (a) => a.toFixed() })
  explicit(a: number): number {
    return a
  }

  @trackDecision({
    module(this: Decorated) {
      return this.label
    },
    plan: (a: number) => a.toFixed(),
  })
  preset(a: number): number {
    return a
  }

  @trackDecision('Which way to go')
  decide(): 'left' | 'right' {
    return 'left'
  }
}

export function curriedKeepsTypes(): void {
  const decorate = trackActivity({ plan: (a: number) => a.toFixed() })
  const wrapped = decorate((a: number, b: string) => `${a}${b}`)
  same<Same<typeof wrapped, (a: number, b: string) => string>>()
  // @ts-expect-error the plan needs a number
  decorate((a: string) => a)
  // @ts-expect-error a decorator takes one function; map() would pass an index too
  ;[() => 1].map(decorate)
}

export function outcomesAreWhatTheFunctionComesTo(): void {
  trackActivity({ result: (rows) => rows.length, did: (rows) => rows.join() }, async () => ['a'])
  trackActivity({ result: (value) => value.toFixed() }, function* (): Generator<string, number> {
    yield 'a'
    return 1
  })
  trackActivity({ result: (value) => value.toFixed() }, async function* () {
    yield 'a'
    return 1
  })
  // @ts-expect-error the value is a number, not what was yielded
  trackActivity({ result: (value: string) => value }, function* (): Generator<string, number> {
    yield 'a'
    return 1
  })
}

export function decoratorsKeepTypes(made: Decorated): void {
  same<Same<typeof made.both, (a: number, b: string) => Promise<string>>>()
  same<Same<typeof made.field, (a: number) => number>>()
  same<Same<typeof made.handler, (a: number) => number>>()
  const shared: 'x' = Decorated.shared(1, 'x' as const)
  return void shared
}

export class Wrong {
  readonly label = 'x'

  // @ts-expect-error `module` wants a number where the method has a text
  @trackActivity({ module: (a: number) => a.toFixed() })
  text(_: string): void {}

  // @ts-expect-error `module` wants another `this`
  @trackActivity({
    module(this: Map<string, string>) {
      return String(this.size)
    },
  })
  self(): void {}

  // @ts-expect-error a field that holds no function cannot be tracked
  @trackActivity()
  value = 5

  // @ts-expect-error a getter cannot be tracked
  @trackActivity()
  get computed(): number {
    return 1
  }
}

// @ts-expect-error a class cannot be tracked; its methods can
@trackActivity()
export class WrongClass {}

export function handles(handle: ActivityHandle, remote: RemoteActivity | undefined): void {
  const chained: ActivityHandle = handle
    .start()
    .update('x')
    .update({ percent: 5 })
    .heartbeat()
    .log('x')
    .set('a', 1)
    .set({ b: 2 })
  same<Same<ReturnType<typeof handle.complete>, void>>()
  const five: number = handle.run((activity) => activity.name.length)
  const promise: Promise<number> = runActivity('x', async (activity) => activity.name.length)
  const bound: (a: string) => number = handle.bind((a: string) => a.length)
  const headers: Record<string, string> = handle.inject({ accept: '*/*' } as Record<string, string>)
  startActivity({ parent: handle })
  startActivity({ parent: handle.id })
  startActivity({ parent: remote ?? null })
  planActivity({ from: extract(headers) })
  planActivity('just a name')
  // @ts-expect-error a state is read, not set
  handle.state = 'completed'
  // @ts-expect-error a parent is no number
  startActivity({ parent: 5 })
  // @ts-expect-error `interrupted` is written by recovery only
  startActivity({ leftAs: 'interrupted' })
  // @ts-expect-error a relation is one of three
  startActivity({ links: [{ relation: 'caused_by', activity: 'x' }] })
  // @ts-expect-error the function is missing
  runActivity('x')
  return void [chained, five, promise, bound]
}

import { type CallSite, callSite } from '../base/call-site.js'
import { UnderwayError } from '../base/underway-error.js'
import { type AnyFunction, isClass } from './alike.js'
import { lifecycleFor } from './connect.js'
import { functionName } from './function-name.js'
import type { RawOptions } from './raw-options.js'
import { type NameOf, wrapFunction } from './wrap.js'

type AnyDecorator = (...args: unknown[]) => unknown

/** The part of a TC39 decorator context we read. */
interface DecoratorContext {
  readonly kind: string
  readonly name: string | symbol
  readonly static: boolean
}

function isContext(value: unknown): value is DecoratorContext {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}

function text(name: string | symbol): string {
  return typeof name === 'string' ? name : (name.description ?? 'symbol')
}

/** The class that somebody belongs to; a class with a static method is its own. */
function classOf(self: unknown): unknown {
  return typeof self === 'function' ? self : (self as { constructor?: unknown } | null | undefined)?.constructor
}

/** The class whose own prototype, or which itself, holds the wrapped method; else that of the object it is called on. */
function owningClass(self: unknown, key: string | symbol, wrapped: unknown): string | undefined {
  for (
    let at = self;
    (typeof at === 'object' || typeof at === 'function') && at !== null;
    at = Object.getPrototypeOf(at) as unknown
  ) {
    if (Reflect.getOwnPropertyDescriptor(at, key)?.value !== wrapped) continue
    const owner = classOf(at)
    return typeof owner === 'function' ? functionName(owner, '') : undefined
  }
  const made = classOf(self)
  return typeof made === 'function' ? functionName(made, '') : undefined
}

function qualified(className: string | undefined, name: string): string {
  return className === undefined || className === '' ? name : `${className}.${name}`
}

/** `Class.method`, looked up again only when an object of another class calls. */
function methodName(key: string | symbol, wrapped: () => unknown): NameOf {
  let known: string | undefined
  let knownFor: unknown
  return (self) => {
    try {
      const made = classOf(self)
      if (known === undefined || made !== knownFor) {
        known = qualified(owningClass(self, key, wrapped()), text(key))
        knownFor = made
      }
      return known
    } catch {
      return text(key)
    }
  }
}

function wrapMethod(
  options: RawOptions,
  fn: AnyFunction,
  key: string | symbol,
  site: CallSite | undefined,
): AnyFunction {
  let wrapped: AnyFunction
  const nameOf = methodName(key, () => wrapped)
  wrapped = wrapFunction(options, fn, nameOf, site)
  return wrapped
}

/** What fields and accessors have wrapped, with what: an accessor may be set to what was read from it. */
const wrappings = new WeakMap<object, { readonly by: object; readonly inside: AnyFunction }>()

function fieldWrapper(
  options: RawOptions,
  name: string | symbol,
  site: CallSite | undefined,
): (this: unknown, initial: unknown) => unknown {
  const wrapper = function (this: unknown, initial: unknown): unknown {
    if (typeof initial !== 'function') return initial
    const fn = initial as AnyFunction
    if (isClass(fn)) return unchangedClass(options, fn)
    // Not only the outermost: another decorator of the same accessor may have wrapped it since.
    for (let known = wrappings.get(fn); known !== undefined; known = wrappings.get(known.inside))
      if (known.by === wrapper) return fn
    const wrapped = wrapMethod(options, fn, name, site)
    wrappings.set(wrapped, { by: wrapper, inside: fn })
    return wrapped
  }
  return wrapper
}

function refuse(kind: string, name: string | symbol): never {
  throw new UnderwayError(
    'DECORATOR_TARGET',
    `trackActivity cannot decorate the ${kind} '${text(name)}'; put it on a method, a function-valued field or an accessor`,
  )
}

function standard(options: RawOptions, value: unknown, context: DecoratorContext, site: CallSite | undefined): unknown {
  switch (context.kind) {
    case 'method':
      return wrapMethod(options, value as AnyFunction, context.name, site)
    case 'field':
      return fieldWrapper(options, context.name, site)
    case 'accessor': {
      const init = fieldWrapper(options, context.name, site)
      const { set } = value as ClassAccessorDecoratorTarget<unknown, unknown>
      return {
        init,
        set(this: unknown, next: unknown): void {
          set.call(this, init.call(this, next))
        },
      }
    }
    case 'class':
      return unchangedClass(options, value as AnyFunction)
    default:
      return refuse(context.kind, context.name)
  }
}

function unchangedClass(options: RawOptions, value: AnyFunction): AnyFunction {
  lifecycleFor(options['tracker'], undefined).faults.count('wrap.class', functionName(value, 'anonymous'))
  return value
}

function legacy(
  options: RawOptions,
  key: string | symbol,
  descriptor: unknown,
  site: CallSite | undefined,
): PropertyDescriptor {
  const given = descriptor as PropertyDescriptor | undefined
  if (typeof given?.value !== 'function') {
    throw new UnderwayError(
      'DECORATOR_TARGET',
      `trackActivity cannot decorate '${text(key)}': legacy decorators (experimentalDecorators) work on methods only`,
    )
  }
  return { ...given, value: wrapMethod(options, given.value as AnyFunction, key, site) }
}

/** Wraps a function that is no method; a class is left as it is. */
export function wrapPlain(options: RawOptions, fn: AnyFunction, site: CallSite | undefined): AnyFunction {
  return isClass(fn)
    ? unchangedClass(options, fn)
    : wrapFunction(options, fn, () => functionName(fn, 'anonymous'), site)
}

/**
 * What `trackActivity(options)` returns: tells by its arguments which kind of decoration is meant.
 *
 * @param site where the options were given. Decorators are applied by a helper of the compiler, so theirs is this one.
 */
export function decorateAny(options: RawOptions, site: CallSite | undefined): AnyDecorator {
  const decorate: AnyDecorator = (...given) => {
    const [target, second, third] = given
    if (isContext(second)) return standard(options, target, second, site)
    if (given.length > 1) return legacy(options, second as string | symbol, third, site)
    if (typeof target !== 'function') {
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `trackActivity(options)(fn): fn must be a function, got ${target === null ? 'null' : typeof target}`,
      )
    }
    return wrapPlain(options, target as AnyFunction, callSite(decorate))
  }
  return decorate
}

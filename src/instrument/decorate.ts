import { UnderwayError } from '../base/underway-error.js'
import { getTracker } from '../tracker/default-tracker.js'
import { lifecycleKey } from '../tracker/tracker.js'
import { type AnyFunction, type NameOf, type RawOptions, wrapFunction } from './wrap.js'

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

function isClass(value: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

function text(name: string | symbol): string {
  return typeof name === 'string' ? name : (name.description ?? 'symbol')
}

/** The class whose own prototype, or which itself, holds the wrapped method; found at its first call. */
function owningClass(self: unknown, key: string | symbol, wrapped: unknown): string | undefined {
  for (
    let at = self;
    (typeof at === 'object' || typeof at === 'function') && at !== null;
    at = Object.getPrototypeOf(at) as unknown
  ) {
    if (Reflect.getOwnPropertyDescriptor(at, key)?.value !== wrapped) continue
    const owner: unknown = typeof at === 'function' ? at : (at as { constructor?: unknown }).constructor
    return typeof owner === 'function' ? owner.name : undefined
  }
  const made: unknown =
    typeof self === 'function' ? self : (self as { constructor?: unknown } | null | undefined)?.constructor
  return typeof made === 'function' ? made.name : undefined
}

function qualified(className: string | undefined, name: string): string {
  return className === undefined || className === '' ? name : `${className}.${name}`
}

/** `Class.method`, looked up once. */
function methodName(key: string | symbol, wrapped: () => unknown): NameOf {
  let known: string | undefined
  return (self) => {
    if (known !== undefined) return known
    try {
      known = qualified(owningClass(self, key, wrapped()), text(key))
    } catch {
      known = text(key)
    }
    return known
  }
}

function wrapMethod(options: RawOptions, fn: AnyFunction, key: string | symbol, below: AnyDecorator): AnyFunction {
  let wrapped: AnyFunction
  const nameOf = methodName(key, () => wrapped)
  wrapped = wrapFunction(options, fn, nameOf, below)
  return wrapped
}

function fieldWrapper(
  options: RawOptions,
  name: string | symbol,
  below: AnyDecorator,
): (this: unknown, initial: unknown) => unknown {
  return function (this: unknown, initial: unknown): unknown {
    return typeof initial === 'function' ? wrapMethod(options, initial as AnyFunction, name, below) : initial
  }
}

function refuse(kind: string, name: string | symbol): never {
  throw new UnderwayError(
    'DECORATOR_TARGET',
    `trackActivity cannot decorate the ${kind} '${text(name)}'; put it on a method, a function-valued field or an accessor`,
  )
}

function standard(options: RawOptions, value: unknown, context: DecoratorContext, below: AnyDecorator): unknown {
  switch (context.kind) {
    case 'method':
      return wrapMethod(options, value as AnyFunction, context.name, below)
    case 'field':
      return fieldWrapper(options, context.name, below)
    case 'accessor': {
      const init = fieldWrapper(options, context.name, below)
      const { set } = value as ClassAccessorDecoratorTarget<unknown, unknown>
      return {
        init,
        set(this: unknown, next: unknown): void {
          set.call(this, init.call(this, next))
        },
      }
    }
    case 'class':
      return unchangedClass(value as AnyFunction)
    default:
      return refuse(context.kind, context.name)
  }
}

function unchangedClass(value: AnyFunction): AnyFunction {
  getTracker()[lifecycleKey].faults.count('wrap.class', value.name)
  return value
}

function legacy(
  options: RawOptions,
  key: string | symbol,
  descriptor: unknown,
  below: AnyDecorator,
): PropertyDescriptor {
  const given = descriptor as PropertyDescriptor | undefined
  if (typeof given?.value !== 'function') return refuse('property', key)
  return { ...given, value: wrapMethod(options, given.value as AnyFunction, key, below) }
}

/** What `trackActivity(options)` returns: tells by its arguments which kind of decoration is meant. */
export function decorateAny(options: RawOptions, below?: (...args: never[]) => unknown): AnyDecorator {
  const decorate: AnyDecorator = (...given) => {
    const [target, second, third] = given
    const outside = (below ?? decorate) as AnyDecorator
    if (isContext(second)) return standard(options, target, second, outside)
    if (given.length > 1) return legacy(options, second as string | symbol, third, outside)
    if (typeof target !== 'function') {
      throw new UnderwayError(
        'OPTIONS_INVALID',
        `trackActivity(options)(fn): fn must be a function, got ${target === null ? 'null' : typeof target}`,
      )
    }
    const fn = target as AnyFunction
    if (isClass(fn)) return unchangedClass(fn)
    return wrapFunction(options, fn, () => fn.name || 'anonymous', outside)
  }
  return decorate
}

/// <reference lib="esnext.disposable" preserve="true" />

import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'
import { checkedOptions, isFunction, type OptionChecks, settingUp } from '../base/checked-options.js'
import { asOwnWork } from '../tracing/suppressed.js'
import { type Answer, askIn, healthChannel } from './protocol.js'

export interface AnswerOptions {
  /** Whether it is well: `false`, a throw or a rejection say no. Without it, answering at all says yes. */
  readonly healthCheck?: (() => unknown) | undefined
}

/** Ends the answering. */
export interface Answering extends Disposable {
  close(): void
}

function answering(close: () => void): Answering {
  return { close, [Symbol.dispose]: close }
}

const checks: OptionChecks<AnswerOptions> = { healthCheck: [isFunction, 'a function'] }

/**
 * Answers the health checks of the thread or process that started this one. It keeps neither alive. In the main thread of
 * a process without a channel to its parent nobody can ask, and nothing happens.
 *
 * @throws UnderwayError OPTIONS_INVALID
 */
export function answerHealthChecks(options: AnswerOptions = {}): Answering {
  return settingUp('answerHealthChecks(options)', () => {
    const { healthCheck } = checkedOptions('answerHealthChecks', options, checks)
    return isMainThread ? answerParentProcess(healthCheck) : answerThreads(healthCheck)
  })
}

async function answerTo(ask: string, healthCheck: AnswerOptions['healthCheck']): Promise<Answer> {
  try {
    const well = (await asOwnWork(() => healthCheck?.())) !== false
    return { answer: ask, well, ...(well ? {} : { reason: 'health check returned false' }) }
  } catch (error) {
    return {
      answer: ask,
      well: false,
      reason: error instanceof Error ? `${error.name}: ${error.message}` : 'health check threw',
    }
  }
}

function answerThreads(healthCheck: AnswerOptions['healthCheck']): Answering {
  const channel = new BroadcastChannel(healthChannel)
  channel.unref()
  channel.onmessage = (event) => {
    const asked = askIn((event as { readonly data: unknown }).data)
    if (asked?.threadId !== threadId) return
    void answerTo(asked.ask, healthCheck).then((answer) => channel.postMessage({ [healthChannel]: answer }))
  }
  return answering(() => channel.close())
}

function answerParentProcess(healthCheck: AnswerOptions['healthCheck']): Answering {
  if (process.send === undefined) return answering(() => undefined)
  const asked = (message: unknown): void => {
    const question = askIn(message)
    if (question === undefined) return
    void answerTo(question.ask, healthCheck).then((answer) => {
      // The parent may have gone meanwhile.
      if (process.connected) process.send?.({ [healthChannel]: answer }, () => undefined)
    })
  }
  const others = process.listenerCount('message')
  process.on('message', asked)
  // Node keeps a process with a listener alive; ours must not. Whoever listens besides us decides for themselves.
  if (others === 0) {
    process.channel?.unref()
    process.once('newListener', function keep(event) {
      if (event === 'message') process.channel?.ref()
      else process.once('newListener', keep)
    })
  }
  return answering(() => void process.off('message', asked))
}

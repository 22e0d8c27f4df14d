import OpenAI from 'openai'
import { GatewayError } from '../errors.ts'
import { breaker } from '../resilience/breaker.ts'
import { bulkhead } from '../resilience/bulkhead.ts'
import { compose } from '../resilience/policy.ts'
import { timeout } from '../resilience/timeout.ts'
import { boundedFetch } from './bounded-fetch.ts'
import type { RemoteDefinition } from './openai.ts'
import { codeFor } from './rejection.ts'

export type Prompt = { readonly system: string; readonly user: string }

export type Wanted = {
  readonly prompt: Prompt
  readonly maxTokens: number
  /** The only tasks that may be named: an endpoint that can is held to them. */
  readonly tasks: readonly string[]
}

/** A model that the gateway itself asks something: prompt in, text out. */
export type Model = {
  readonly id: string
  complete(wanted: Wanted, hop: number, signal: AbortSignal): Promise<string>
  drain(on: boolean): void
}

/** With a deadline, a breaker and places of its own: a slow classifier must not take an expert's. */
export const createModel = (id: string, definition: RemoteDefinition, timeoutMs: number): Model => {
  const what = `Classifier "${id}"`
  const client = clientOf(definition)
  const places = bulkhead({ concurrency: Math.min(16, definition.concurrency), queue: 256, what })
  const guard = breaker({ threshold: 5, cooldownMs: 10_000, maxPauseMs: 60_000, what })
  // The breaker outside the deadline: a call that ran into it has failed. The other way round it was merely left.
  const policy = compose(guard.policy, timeout(timeoutMs, what))
  const askSomehow = inSomeForm(
    formsOf(definition.structured ?? false),
    async (form, wanted, hop, signal) => {
      const body = { model: definition.model, messages: messagesOf(wanted.prompt), ...fieldsOf(form, wanted) }
      const headers = { 'x-coe-hop': String(hop) }
      const completion = await client.chat.completions.create(body, { signal, headers })
      // Of an endpoint that answers something else, even `null` is only an answer without a text.
      const content: unknown = completion?.choices?.[0]?.message?.content
      return typeof content === 'string' ? content : ''
    },
  )

  const complete = policy(async (signal, { wanted, hop }: { wanted: Wanted; hop: number }) => {
    const leave = await places.enter(signal)
    try {
      return await askSomehow(wanted, hop, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw translate(what, error)
    } finally {
      leave()
    }
  })

  return {
    id,
    complete: (wanted, hop, signal) => complete(signal, { wanted, hop }),
    drain: places.drain,
  }
}

/** The SDK reads much from the environment and sends or prints it: here nothing counts but the map. */
const clientOf = ({ url, key }: RemoteDefinition) => {
  const { origin, pathname, searchParams } = new URL(url)
  return new OpenAI({
    // It would put the path behind the query.
    baseURL: origin + pathname.replace(/\/+$/, ''),
    defaultQuery: Object.fromEntries(searchParams),
    apiKey: key || 'none',
    ...(key ? {} : { defaultHeaders: { authorization: null } }),
    maxRetries: 0,
    organization: null,
    project: null,
    // Otherwise OPENAI_LOG=debug prints whole questions.
    logLevel: 'off',
    // A redirect is not followed: it could lead key and question to another host.
    fetchOptions: { redirect: 'manual' },
    fetch: boundedFetch,
  })
}

const messagesOf = ({ system, user }: Prompt) => [
  { role: 'system' as const, content: system },
  { role: 'user' as const, content: user },
]

/** What a request has beside its messages: some models refuse a limit or a temperature, some a schema. */
type Form = { readonly schema: boolean; readonly limits: boolean }

const formsOf = (structured: boolean): readonly Form[] =>
  (structured ? [true, false] : [false]).flatMap(schema => [
    { schema, limits: true },
    { schema, limits: false },
  ])

const fieldsOf = (form: Form, { maxTokens, tasks }: Wanted) => ({
  ...(form.limits ? { max_tokens: maxTokens, temperature: 0 } : {}),
  ...(form.schema ? { response_format: oneOf(tasks) } : {}),
})

const oneOf = (tasks: readonly string[]) => ({
  type: 'json_schema' as const,
  json_schema: {
    name: 'task',
    strict: true,
    schema: {
      type: 'object',
      properties: { task: { type: 'string', enum: tasks } },
      required: ['task'],
      additionalProperties: false,
    },
  },
})

type AskIn = (form: Form, wanted: Wanted, hop: number, signal: AbortSignal) => Promise<string>

/**
 * Tries forms from the richest to the plainest and begins with the last that worked. One that is refused in every
 * form (too long, filtered) teaches nothing.
 */
const inSomeForm = (forms: readonly Form[], ask: AskIn) => {
  let worked = 0
  return async (wanted: Wanted, hop: number, signal: AbortSignal): Promise<string> => {
    let refusal: unknown
    for (const [index, form] of [...forms.entries()].slice(worked)) {
      try {
        const reply = await ask(form, wanted, hop, signal)
        worked = index
        return reply
      } catch (error) {
        if (!isRefusal(error)) throw error
        refusal = error
      }
    }
    throw refusal
  }
}

const isRefusal = (error: unknown) =>
  error instanceof OpenAI.BadRequestError || error instanceof OpenAI.UnprocessableEntityError

/** Not the endpoint's own words: they may quote a key. What it finds wrong with one question is no fault of its own. */
const translate = (what: string, error: unknown): GatewayError => {
  const status = error instanceof OpenAI.APIError ? error.status : undefined
  return status === undefined
    ? new GatewayError('expert_unavailable', `${what} cannot be reached or gave no usable answer.`, {
        cause: error,
      })
    : new GatewayError(codeFor(status), `${what} answered ${status}.`, { cause: error })
}

import OpenAI from 'openai'
import { GatewayError } from '../errors.ts'
import { breaker } from '../resilience/breaker.ts'
import { bulkhead } from '../resilience/bulkhead.ts'
import { compose } from '../resilience/policy.ts'
import { timeout } from '../resilience/timeout.ts'
import type { RemoteDefinition } from './openai.ts'

export type Prompt = { readonly system: string; readonly user: string }

/** A model that the gateway itself asks something: prompt in, text out. */
export type Model = {
  readonly id: string
  complete(prompt: Prompt, maxTokens: number, hop: number, signal: AbortSignal): Promise<string>
  close(): void
}

/** With a deadline, a breaker and places of its own: a slow classifier must not take an expert's. */
export const createModel = (id: string, definition: RemoteDefinition, timeoutMs: number): Model => {
  const what = `Classifier "${id}"`
  const client = new OpenAI({
    baseURL: definition.url,
    apiKey: definition.key || 'none',
    maxRetries: 0,
    // The SDK would read these from the environment and send them to whatever endpoint the map names.
    organization: null,
    project: null,
  })
  const places = bulkhead({ concurrency: Math.min(16, definition.concurrency), queue: 256, what })
  const guard = breaker({ threshold: 5, cooldownMs: 10_000, what })
  const policy = compose(timeout(timeoutMs, what), guard.policy)

  /** Some models refuse a limit or a temperature: what they were found to refuse is not sent again. */
  let bare = false

  const ask = async (prompt: Prompt, maxTokens: number, hop: number, signal: AbortSignal) => {
    const messages = [
      { role: 'system' as const, content: prompt.system },
      { role: 'user' as const, content: prompt.user },
    ]
    const limits = bare ? {} : { max_tokens: maxTokens, temperature: 0 }
    const completion = await client.chat.completions.create(
      { model: definition.model, messages, ...limits },
      { signal, headers: { 'x-coe-hop': String(hop) } },
    )
    return completion.choices?.[0]?.message?.content ?? ''
  }
  const askOrBare = async (...given: Parameters<typeof ask>) => {
    try {
      return await ask(...given)
    } catch (error) {
      if (bare || !(error instanceof OpenAI.BadRequestError)) throw error
      bare = true
      return await ask(...given)
    }
  }

  return {
    id,
    complete: (prompt, maxTokens, hop, signal) =>
      policy(async inner => {
        const leave = await places.enter(inner)
        try {
          return await askOrBare(prompt, maxTokens, hop, inner)
        } catch (error) {
          if (inner.aborted) throw inner.reason
          throw new GatewayError('expert_unavailable', `${what} ${failure(error)}.`, { cause: error })
        } finally {
          leave()
        }
      })(signal),
    close: () => undefined,
  }
}

/** Not the endpoint's own words: they may quote a key. */
const failure = (error: unknown) =>
  error instanceof OpenAI.APIError && error.status !== undefined
    ? `answered ${error.status}`
    : 'cannot be reached or gave no usable answer'

import type { Flow } from '../resilience/flow.ts'

/** Endpoints of OpenAI's API; the same paths here and at an expert. */
export const ENDPOINTS = ['chat/completions', 'completions', 'embeddings', 'responses'] as const
export type Endpoint = (typeof ENDPOINTS)[number]

/** A reply that the context knows, for the built-in expert. */
export type Passage = {
  readonly question: string
  readonly task: string
  readonly similarity: number
  readonly text: string
  /** The runbook's path, or where the example stands. */
  readonly source: string
}

/** A client's request, ready to be put to any expert. */
export type Ask = {
  readonly endpoint: Endpoint
  readonly stream: boolean
  /** The client's bytes with only the model's name replaced. */
  bodyFor(model: string): Uint8Array
  readonly requestId: string
  /** Gateways it has come through already, this one included. */
  readonly hop: number
  /** Headers of the client that an expert may see; read anew for each expert, as `traceparent` is each one's own. */
  readonly headers: Readonly<Record<string, string>>
  readonly passages: (signal: AbortSignal) => Promise<readonly Passage[]>
}

/** What an answer cost, by the word of whoever gave it. */
export type Usage = { readonly prompt: number; readonly completion: number }

type Answered = {
  readonly headers: Readonly<Record<string, string>>
  /** What can be said of it so far: of a stream, nothing before its last events. */
  usage(): Usage | undefined
}

/** Either a whole answer, or a stream of which the first event is here: later failures can only end it. */
export type Answer =
  | (Answered & { readonly kind: 'whole'; readonly body: Uint8Array })
  | (Answered & {
      readonly kind: 'stream'
      /** Everything up to and including the first event. */
      readonly head: Uint8Array
      /** Must be taken to its end or stopped: the expert's connection and place are held until then. */
      readonly rest: Flow
    })

export type ExpertHealth = {
  /** `open`: it keeps failing; `probing`: one call finds out; `paused`: it asked to be left alone for a while. */
  readonly breaker: 'closed' | 'open' | 'probing' | 'paused'
  readonly inFlight: number
  readonly queued: number
  /** Takes no new requests, because somebody wants it empty. */
  readonly draining: boolean
}

/** What may be shown of an expert: no key, and of its address only whose it is. */
export type ExpertKind =
  | { readonly kind: 'openai'; readonly origin: string; readonly model: string }
  | { readonly kind: 'runbook' }

/** Whatever answers: a model behind a URL, or a built-in one. */
export type Expert = {
  readonly id: string
  readonly about: ExpertKind
  answer(ask: Ask, signal: AbortSignal): Promise<Answer>
  health(): ExpertHealth
  /** While it is drained it refuses whoever comes or waits; what runs is finished. */
  drain(on: boolean): void
  close(): void
}

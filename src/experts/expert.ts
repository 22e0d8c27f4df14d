/** What an endpoint of OpenAI's API is asked; the same paths here and at an expert. */
export type Endpoint = 'chat/completions' | 'completions' | 'embeddings' | 'responses'

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
  /** Headers of the client that an expert may see. */
  readonly headers: Readonly<Record<string, string>>
  readonly passages: (signal: AbortSignal) => Promise<readonly Passage[]>
}

/** Either a whole answer, or a stream of which the first event is here: later failures can only end it. */
export type Answer =
  | { readonly kind: 'whole'; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }
  | {
      readonly kind: 'stream'
      readonly headers: Readonly<Record<string, string>>
      /** Everything up to and including the first event. */
      readonly head: Uint8Array
      /** Must be iterated or returned: the expert's connection and place are held until then. */
      readonly rest: AsyncIterableIterator<Uint8Array>
    }

export type ExpertHealth = {
  readonly breaker: 'closed' | 'open' | 'probing'
  readonly inFlight: number
  readonly queued: number
}

/** Whatever answers: a model behind a URL, or a built-in one. */
export type Expert = {
  readonly id: string
  answer(ask: Ask, signal: AbortSignal): Promise<Answer>
  health(): ExpertHealth
  close(): void
}

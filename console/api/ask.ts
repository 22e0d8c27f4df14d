import { eventsOf } from './events.ts'
import { Refused, request } from './gateway.ts'

/** What an answer brings, piece by piece. */
export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'routed'; readonly expert: string; readonly tried: string }

type Chunk = {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[]
  readonly error?: { readonly message?: string; readonly code?: string }
}

/** The question, asked as any client would. Ends when the answer does, and throws where it breaks off. */
export async function* answerTo(
  question: string,
  { model, key, signal }: { model: string; key: string; signal: AbortSignal },
): AsyncGenerator<AnswerPart> {
  const response = await request('/v1/chat/completions', key, {
    method: 'POST',
    body: { model, stream: true, messages: [{ role: 'user', content: question }] },
    signal,
  })
  yield {
    kind: 'routed',
    expert: response.headers.get('x-coe-expert') ?? '',
    tried: response.headers.get('x-coe-tried') ?? '',
  }
  let whole = false
  for await (const { data } of eventsOf(response)) {
    if (data === '[DONE]') whole = true
    else yield* partsOf(JSON.parse(data) as Chunk)
  }
  if (!whole) throw new Refused(502, 'truncated', 'The answer broke off before its end.')
}

function* partsOf({ choices, error }: Chunk): Generator<AnswerPart> {
  if (error !== undefined)
    throw new Refused(502, error.code ?? 'failed', error.message ?? 'The expert failed.')
  const text = choices?.[0]?.delta?.content
  if (text) yield { kind: 'text', text }
}

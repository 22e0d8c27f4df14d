import { GatewayError } from '../errors.ts'
import { flowOf } from '../resilience/flow.ts'
import type { Answer, Ask, Endpoint, Expert, Passage } from './expert.ts'
import { speak } from './runbook-wire.ts'

/** Below this a known reply has too little to do with the question to be worth reading at night. */
const RELEVANT = 0.2
const SEE_ALSO = 3

/** Answers from the replies and runbooks of the context, word for word, and names where they stand. */
export const createRunbookExpert = (id: string): Expert => {
  let inFlight = 0
  let draining = false
  return {
    id,
    about: { kind: 'runbook' },
    async answer(ask, signal) {
      if (draining)
        throw new GatewayError('expert_busy', `Expert "${id}" is being drained and takes no new requests.`)
      if (ask.endpoint === 'embeddings') {
        throw new GatewayError('expert_rejected', `The built-in expert "${id}" has no embeddings.`)
      }
      inFlight++
      try {
        // Without neighbours it has nothing to answer from, and says so: it never fails a request.
        const passages = await ask.passages(signal).catch(() => [])
        return reply(ask.endpoint, ask, id, compose(passages))
      } finally {
        inFlight--
      }
    },
    health: () => ({ breaker: 'closed', inFlight, queued: 0, draining }),
    drain(on) {
      draining = on
    },
    close: () => undefined,
  }
}

const reply = (endpoint: Exclude<Endpoint, 'embeddings'>, ask: Ask, id: string, text: string): Answer => {
  const spoken = speak(endpoint, {
    id: ask.requestId,
    model: id,
    text,
    created: Math.floor(Date.now() / 1000),
  })
  if (!ask.stream) {
    return { kind: 'whole', headers: { 'content-type': 'application/json' }, body: spoken.whole(), usage }
  }
  const [head, ...rest] = spoken.events()
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    head: head ?? new Uint8Array(),
    rest: flowOf(rest),
    usage,
  }
}

/** Quoting costs nothing. */
const usage = () => undefined

export const compose = (passages: readonly Passage[]): string => {
  const relevant = distinct(passages.filter(passage => passage.similarity >= RELEVANT))
  const [best, ...others] = relevant
  if (best === undefined) return nothingKnown(passages)
  const seeAlso = others
    .slice(0, SEE_ALSO)
    .map(passage => `- ${passage.source}: ${oneLine(passage.question)}`)
    .join('\n')
  return [
    `Nearest known question (${best.task}): "${oneLine(best.question)}"`,
    best.text.trim(),
    `Source: ${best.source}`,
    ...(seeAlso === '' ? [] : [`See also:\n${seeAlso}`]),
    'This is the built-in runbook expert: the text above is quoted from the context, not generated. Check that it fits before you act.',
  ].join('\n\n')
}

const nothingKnown = (passages: readonly Passage[]) => {
  const nearest = passages[0]
  const hint =
    nearest === undefined ? '' : ` The nearest it has is ${nearest.source}: "${oneLine(nearest.question)}".`
  return `The built-in runbook expert knows no answer to this: no reply or runbook in the context is near enough to the question.${hint} Add one to the context, or put a language model into the map.`
}

const oneLine = (text: string) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 160 ? `${line.slice(0, 157)}...` : line
}

const distinct = (passages: readonly Passage[]) => {
  const seen = new Set<string>()
  return passages.filter(({ source }) => !seen.has(source) && seen.add(source))
}

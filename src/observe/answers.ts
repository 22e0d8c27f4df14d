import { hashOf } from '../routing/question-hash.ts'
import { keyOf } from './corrections.ts'

/** An answer that a client may say something about. */
export type Answer = {
  readonly requestId: string
  readonly client: string | undefined
  readonly task: string
  readonly expert: string
  readonly question: string
  /** Where the request has made it already. */
  readonly questionHash?: string
}

export type Remembered = Omit<Answer, 'question' | 'questionHash'> & {
  readonly question: string | undefined
  readonly questionHash: string
  /** What its client gave it, as far as it has. */
  score: number | undefined
}

export type Answers = {
  add(answer: Answer): void
  get(answer: Pick<Answer, 'requestId' | 'client'>): Remembered | undefined
}

export const ANSWERS = 10_000
/** Of the questions' text, where it may be kept. */
const CHARS = 16 * 1024 * 1024

/**
 * The last answers, in bounded memory. Their order is kept beside the map: a map that loses its first entry over and
 * over takes ever longer to find the next one.
 */
export const createAnswers = (withQuestions: boolean): Answers => {
  const known = new Map<string, Remembered>()
  const ring: ({ readonly key: string; readonly answer: Remembered } | undefined)[] = new Array(ANSWERS)
  let [oldest, next, chars] = [0, 0, 0]

  const forgetOldest = () => {
    const slot = ring[oldest % ANSWERS]
    ring[oldest++ % ANSWERS] = undefined
    if (slot === undefined) return
    chars -= slot.answer.question?.length ?? 0
    // A client may have used its id again.
    if (known.get(slot.key) === slot.answer) known.delete(slot.key)
  }
  return {
    add({ requestId, client, task, expert, question, questionHash = hashOf(question) }) {
      const key = keyOf({ client, requestId })
      const kept = withQuestions ? question : undefined
      // Field by field: to spread them takes three times as long as all the rest of this.
      const answer = { requestId, client, task, expert, question: kept, questionHash, score: undefined }
      if (next - oldest === ANSWERS) forgetOldest()
      ring[next++ % ANSWERS] = { key, answer }
      known.set(key, answer)
      chars += kept?.length ?? 0
      while (chars > CHARS) forgetOldest()
    },
    get: answer => known.get(keyOf(answer)),
  }
}

/** An answer that a client may say something about. */
export type Answer = {
  readonly requestId: string
  readonly client: string | undefined
  readonly task: string
  readonly expert: string
  readonly question: string
  readonly questionHash: string
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
 * The last answers, in bounded memory. All are remembered and few are asked for: whoever asks looks through them, so that
 * nobody else has to keep them in order.
 */
export const createAnswers = (withQuestions: boolean): Answers => {
  const ring: (Remembered | undefined)[] = new Array(ANSWERS)
  let [oldest, next, chars] = [0, 0, 0]

  const forgetOldest = () => {
    chars -= ring[oldest % ANSWERS]?.question?.length ?? 0
    ring[oldest++ % ANSWERS] = undefined
  }
  return {
    add({ requestId, client, task, expert, question, questionHash }) {
      const kept = withQuestions ? question : undefined
      if (next - oldest === ANSWERS) forgetOldest()
      // Field by field: to spread them takes three times as long as all the rest of this.
      ring[next++ % ANSWERS] = {
        requestId,
        client,
        task,
        expert,
        question: kept,
        questionHash,
        score: undefined,
      }
      chars += kept?.length ?? 0
      while (chars > CHARS) forgetOldest()
    },
    get({ requestId, client }) {
      // The newest first: a client may have used its id again.
      for (let at = next - 1; at >= oldest; at--) {
        const answer = ring[at % ANSWERS]
        if (answer?.requestId === requestId && answer.client === client) return answer
      }
      return undefined
    },
  }
}

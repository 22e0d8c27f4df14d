import { type Answer, createAnswers } from './answers.ts'
import { type Correction, correctionsBefore, correctionsPath, keyOf, readCorrections } from './corrections.ts'
import { createOpinions, type Opinion } from './opinions.ts'
import { createRotatingFile } from './rotating-file.ts'

export type Given = {
  readonly requestId: string
  readonly client: string | undefined
  /** 0 to 1. */
  readonly score: number
  readonly correctTask: string | undefined
}

export type FeedbackEvents = {
  /** Told once of each answer, however often its client changes its mind. */
  rated(given: Given, task: string, expert: string): void
  feedbackLost(error: unknown): void
}

export type Feedback = {
  remember(answer: Answer): void
  /** False where that client was given no such answer lately. */
  give(given: Given): boolean
  opinions(): readonly Opinion[]
  /** The last ones, newest first. */
  corrections(): readonly Correction[]
  close(): Promise<void>
}

export type FeedbackOptions = {
  readonly dataPath: string
  readonly withQuestions: boolean
  readonly events: FeedbackEvents
  readonly now?: () => number
}

/** The same of however many processes. */
export type Opinions = {
  give(given: Given): boolean | Promise<boolean>
  opinions(): readonly Opinion[] | Promise<readonly Opinion[]>
  corrections(): readonly Correction[] | Promise<readonly Correction[]>
}

const SHOWN = 100
const FILE_BYTES = 8 * 1024 * 1024

/** What clients say of their answers: counted by expert and task, and kept where they say what the task is. */
export const createFeedback = async (options: FeedbackOptions): Promise<Feedback> => {
  const { dataPath, withQuestions, events, now = Date.now } = options
  const answers = createAnswers(withQuestions)
  const opinions = createOpinions()
  const lately = await readCorrections(dataPath).catch(error => {
    events.feedbackLost(error)
    return []
  })
  const corrections = lately.slice(-SHOWN)
  const file = createRotatingFile({
    path: correctionsPath(dataPath),
    before: correctionsBefore(dataPath),
    maxBytes: FILE_BYTES,
    onLost: events.feedbackLost,
  })
  const correct = (correction: Correction) => {
    const before = corrections.findIndex(one => keyOf(one) === keyOf(correction))
    if (before >= 0) corrections.splice(before, 1)
    corrections.push(correction)
    if (corrections.length > SHOWN) corrections.shift()
    file.append(JSON.stringify(correction))
  }
  return {
    remember: answers.add,
    give(given) {
      const answer = answers.get(given)
      if (answer === undefined) return false
      const { score, correctTask } = given
      const { task, expert, requestId, client, question, questionHash } = answer
      if (answer.score === undefined) events.rated(given, task, expert)
      opinions.put(expert, task, score, answer.score)
      answer.score = score
      if (correctTask === undefined || correctTask === task) return true
      const at = new Date(now()).toISOString()
      correct({ at, requestId, client, expert, from: task, to: correctTask, score, question, questionHash })
      return true
    },
    opinions: opinions.list,
    corrections: () => corrections.toReversed(),
    close: file.close,
  }
}

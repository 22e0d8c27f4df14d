import type { ExpertDefinition } from '../../knowledge/map.ts'
import type { Job, LaneEnd } from './lane-state.ts'
import type { Reply } from './measurement.ts'
import { costOf } from './purse.ts'
import type { RankQuestion } from './questions.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export type RemoteExpert = Exclude<ExpertDefinition, { builtin: unknown }>

/** One expert's share of a measurement. */
export type Part = {
  readonly id: string
  readonly definition: RemoteExpert
  readonly keyOf: ReadonlyMap<RankQuestion, string>
  readonly jobs: readonly Job[]
  readonly before: number
  answered: number
  failedCalls: number
}

export type ExpertRun = {
  readonly answers: ReadonlyMap<RankQuestion, Reply>
  readonly verdicts: ReadonlyMap<RankQuestion, Verdict>
  readonly stopped: string | undefined
  readonly open: readonly { readonly id: string; readonly because: string }[]
  /** Answers that were there before, and calls of this run. */
  readonly before: number
  readonly answered: number
  readonly failedCalls: number
  readonly usage: { readonly input: number; readonly output: number; readonly estimated: boolean }
  /** Of all its answers, those of earlier runs included; null without a price. */
  readonly cost: number | null
  readonly medianMs: number | null
}

/** What came of one expert: its answers judged, its questions that are open, what it took. */
export const expertRunOf = (
  part: Part,
  questions: readonly RankQuestion[],
  replies: ReadonlyMap<string, Reply>,
  end: LaneEnd | undefined,
): ExpertRun => {
  const answers = answersTo(questions, part.keyOf, replies)
  const because = new Map([...(end?.open ?? [])].map(([{ key }, why]) => [key, why]))
  const usages = [...answers.values()].map(({ usage }) => usage)
  const input = sum(usages.map(usage => usage.input))
  const output = sum(usages.map(usage => usage.output))
  const times = [...answers.values()].map(({ ms }) => ms).sort((a, b) => a - b)
  const { price } = part.definition
  return {
    answers,
    verdicts: verdictsOf(questions, part.keyOf, replies),
    stopped: end?.stopped,
    open: questions.flatMap(question => {
      const why = because.get(part.keyOf.get(question) ?? '')
      return why === undefined || answers.has(question) ? [] : [{ id: question.id, because: why }]
    }),
    before: part.before,
    answered: part.answered,
    failedCalls: part.failedCalls,
    usage: { input, output, estimated: usages.some(({ estimated }) => estimated === true) },
    cost: price === undefined ? null : costOf({ input, output }, price),
    medianMs: times[Math.floor(times.length / 2)] ?? null,
  }
}

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

type Keyed = ReadonlyMap<RankQuestion, string>

const answersTo = (questions: readonly RankQuestion[], keyOf: Keyed, replies: ReadonlyMap<string, Reply>) =>
  new Map(
    questions.flatMap((question): [RankQuestion, Reply][] => {
      const reply = replies.get(keyOf.get(question) ?? '')
      return reply === undefined ? [] : [[question, reply]]
    }),
  )

export const verdictsOf = (
  questions: readonly RankQuestion[],
  keyOf: Keyed,
  replies: ReadonlyMap<string, Reply>,
): ReadonlyMap<RankQuestion, Verdict> =>
  new Map(
    [...answersTo(questions, keyOf, replies)].map(([question, { text }]) => [
      question,
      verdictOf(question, text),
    ]),
  )

import { familiarityOf, type Judged, type Judgement } from './calibrate.ts'
import { scoresWithout, shuffled } from './head.ts'
import { rowAt } from './lexical.ts'
import type { Text } from './text.ts'
import { addVote, leader, NEAR, type Voter } from './vote.ts'

/** Parts of which each is judged by a head that has forgotten it. A large context spares a fifth for it. */
const foldsFor = (n: number) => (n > 2_000 ? 5 : 10)
/** More examples than these are not judged: enough for the calibration, and preparing stays quick. */
const JUDGED = 5_000

/** The same text, said twice, is one group: it stays in one fold and never finds itself. */
const groupsOf = (texts: readonly Text[]): Int32Array => {
  const seen = new Map<string, number>()
  return Int32Array.from(texts, ({ question, options }) => {
    const key = JSON.stringify([question, options]).toLowerCase().replace(/\s+/g, ' ')
    const group = seen.get(key) ?? seen.size
    seen.set(key, group)
    return group
  })
}

/** Which rows are judged, in ascending order, and by the head that has forgotten which fold. */
const planFor = (texts: readonly Text[]) => {
  const n = texts.length
  const groups = groupsOf(texts)
  const order = shuffled(n, 7)
  const all = foldsFor(n)
  const foldOf = Uint8Array.from(groups, group => order[group]! % all)
  const folds = Math.min(all, Math.max(1, Math.round((JUDGED * all) / n)))
  const rows = Array.from(texts.keys()).filter(row => foldOf[row]! < folds)
  return { groups, foldOf, folds, rows }
}

/** Judges examples as if they were new: the head forgets their fold, the neighbours leave them out. */
export const judge = ({ context, features, head, search, near }: Voter, k: number): Judged[] => {
  const { labels, tasks, vectors, dims, texts } = context
  const { groups, foldOf, folds, rows } = planFor(texts)
  // Keywords are in no fold: the head never forgets them.
  const byHead = new Float32Array(features.n * head.width)
  for (let fold = 0; fold < folds; fold++) scoresWithout(head, features, labels, foldOf, fold, byHead)
  return rows.map(row => {
    const scores = Float64Array.from(byHead.subarray(row * head.width, (row + 1) * head.width))
    const { score } = leader(scores, tasks.length)
    const words = rowAt(features.rows, row)
    const byVector = near(vectors.subarray(row * dims, (row + 1) * dims), Math.max(NEAR, k) + 1)
    const neighbours = search.nearest(
      features.dense.subarray(row * dims, (row + 1) * dims),
      words,
      [...search.byWords(words), ...byVector],
      k,
      other => groups[other] === groups[row],
    )
    addVote(neighbours, context, scores)
    const { task, margin } = leader(scores, tasks.length)
    return {
      row,
      task: tasks[task]!,
      right: task === labels[row],
      margin,
      familiarity: familiarityOf(neighbours, score),
    }
  })
}

/** The same examples by both votes; the second sees their words alone, where they have vectors too. */
export const judgeBoth = (whole: Voter, words: Voter | undefined, k: number): Judged[] => {
  const judged = judge(whole, k)
  if (words === undefined) return judged
  return judge(words, k).map(({ row: _, ...byWords }, i) => ({ ...judged[i]!, words: byWords }))
}

/** Whether something read from a file is what a vote would say of this context: every row, in order, and consistent. */
export const isJudgementOf = (value: unknown, { context }: Voter, both = false): value is Judged[] => {
  const { texts, tasks, labels } = context
  const { rows } = planFor(texts)
  const isJudgement = (one: Partial<Judgement> | null | undefined, row: number) =>
    tasks.includes(one?.task ?? '') &&
    one?.right === (one?.task === tasks[labels[row]!]) &&
    Number.isFinite(one?.margin) &&
    Number.isFinite(one?.familiarity)
  if (!Array.isArray(value) || value.length !== rows.length) return false
  return value.every((one: Partial<Judged> | null, i) => {
    const row = rows[i]!
    return one?.row === row && isJudgement(one, row) && (!both || isJudgement(one.words, row))
  })
}

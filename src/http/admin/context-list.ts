import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Example } from '../../knowledge/context.ts'
import { type Group, grouping } from '../../knowledge/duplicates.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import { NEAR } from '../../knowledge/near.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import { fromMap } from './problems.ts'

type Judged = Snapshot['retriever']['about']['judged'][number]
type Filter = { readonly task?: string | undefined; readonly q?: string | undefined }

type Found = {
  readonly rows: readonly number[]
  shown(row: number, mapPath: string): object
}

export const listed = (snapshot: Snapshot, filter: Filter): Found => {
  const judged = judgedIn(snapshot)
  return {
    rows: snapshot.examples.flatMap((example, row) => (fits(example, filter) ? [row] : [])),
    shown: (row, mapPath) => shownRow(snapshot, judged, row, mapPath),
  }
}

/** Left out, the others would decide them differently, and are sure of it: either they are wrong, or this one is. */
export const contradictionsIn = (snapshot: Snapshot, filter: Filter): Found => {
  const judged = judgedIn(snapshot)
  const wrong = [...judged.values()].filter(({ row, right }) => {
    const example = snapshot.examples[row]
    return !right && example !== undefined && fits(example, filter)
  })
  return {
    rows: wrong.sort((a, b) => b.margin - a.margin).map(({ row }) => row),
    shown: (row, mapPath) => shownRow(snapshot, judged, row, mapPath),
  }
}

const judgements = new WeakMap<Snapshot['retriever'], ReadonlyMap<number, Judged>>()

const judgedIn = ({ retriever }: Snapshot): ReadonlyMap<number, Judged> => {
  const known = judgements.get(retriever) ?? new Map(retriever.about.judged.map(one => [one.row, one]))
  judgements.set(retriever, known)
  return known
}

const fits = ({ task, question }: Example, filter: Filter) =>
  (filter.task === undefined || task === filter.task) &&
  (filter.q === undefined || question.toLowerCase().includes(filter.q.toLowerCase()))

const shownRow = (
  { examples }: Snapshot,
  judged: ReadonlyMap<number, Judged>,
  row: number,
  mapPath: string,
) => {
  const example = examples[row]
  if (example === undefined) return {}
  const verdict = judged.get(row)
  return {
    ...shownExample(example, mapPath),
    ...(verdict && { said: verdict.task, margin: Math.round(verdict.margin * 1e4) / 1e4 }),
  }
}

const shownExample = ({ id, at, question, task, lang, options, reply }: Example, mapPath: string) => {
  const place = fromMap(at, mapPath)
  return {
    id: id ?? place,
    at: place,
    question,
    task,
    ...(lang === undefined ? {} : { lang }),
    ...(options === undefined ? {} : { options }),
    reply: reply !== undefined,
  }
}

/** Per task: how much is known of it, and how well its examples are told from the others. */
export const tasksIn = (snapshot: Snapshot) => {
  const { map, examples, keywords } = snapshot
  const judged = judgedIn(snapshot)
  const tally = new Map(
    [...map.tasks.keys(), UNKNOWN].map(task => [
      task,
      { task, examples: 0, keywords: 0, judged: 0, right: 0 },
    ]),
  )
  for (const [row, { task }] of examples.entries()) {
    const counted = tally.get(task)
    const verdict = judged.get(row)
    if (counted === undefined) continue
    counted.examples++
    if (verdict === undefined) continue
    counted.judged++
    if (verdict.right) counted.right++
  }
  for (const { task } of keywords) {
    const counted = tally.get(task)
    if (counted !== undefined) counted.keywords++
  }
  return [...tally.values()].map(({ judged: of, right, ...counts }) => ({
    ...counts,
    accuracy: of === 0 ? null : Math.round((1e4 * right) / of) / 1e4,
  }))
}

const groups = new WeakMap<readonly Example[], Promise<readonly Group[]>>()

/** Takes a second for thousands of examples, so it is done once a context, and little of it at a time. */
export const duplicatesIn = async ({ examples }: Snapshot, mapPath: string) => {
  const found = groups.get(examples) ?? groupsIn(examples)
  groups.set(examples, found)
  return (await found).map(({ first, others }) =>
    [first, ...others.map(({ example }) => example)].map(example => shownExample(example, mapPath)),
  )
}

const SLICE_MS = 4

const groupsIn = async (examples: readonly Example[]): Promise<readonly Group[]> => {
  const steps = grouping(examples, NEAR)
  let since = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - since < SLICE_MS) continue
    await nextTurn()
    since = performance.now()
  }
}

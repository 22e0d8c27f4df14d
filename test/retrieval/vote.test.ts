import { expect, test } from 'vitest'
import { aside } from '../../src/retrieval/aside.ts'
import {
  binomialTail,
  fitKnown,
  fitProbability,
  type Judged,
  knownShare,
  probabilityOf,
} from '../../src/retrieval/calibrate.ts'
import { forget, judge } from '../../src/retrieval/judge.ts'
import { outcomeOf, thresholdsFor } from '../../src/retrieval/thresholds.ts'
import { type Context, castVote, prepareVoter, wordsOf } from '../../src/retrieval/vote.ts'

const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** Judgements whose truth is known: right with a probability that rises with the margin. */
const judgements = (count: number, seed: number): Judged[] => {
  const next = random(seed)
  return Array.from({ length: count }, (_, row) => {
    const margin = next()
    return {
      row,
      task: 't',
      margin,
      right: next() < 1 / (1 + Math.exp(-(0.5 + 4 * margin))),
      familiarity: margin,
    }
  })
}

test('the probability is what it says: of those near p, the share p was right', () => {
  const fit = fitProbability(judgements(20_000, 3))
  expect(fit.a).toBeCloseTo(0.5, 0)
  expect(fit.b).toBeCloseTo(4, 0)
  expect(probabilityOf(fit, 0.5)).toBeCloseTo(1 / (1 + Math.exp(-2.5)), 1)
})

test('few examples, all of them right, do not make the vote certain of everything', () => {
  const all = [0.1, 0.2, 0.3].map((margin, row) => ({ row, task: 't', margin, right: true, familiarity: 1 }))
  const fit = fitProbability(all)
  expect(probabilityOf(fit, 0)).toBeLessThan(0.7)
  expect(probabilityOf(fit, 1)).toBeLessThan(0.9999)
})

test('the exact binomial tail', () => {
  expect(binomialTail(0, 10, 0.1)).toBeCloseTo(0.9 ** 10, 12)
  expect(binomialTail(1, 3, 0.5)).toBeCloseTo(0.5, 12)
  expect(binomialTail(10, 10, 0.3)).toBeCloseTo(1, 12)
})

test('a threshold keeps its promise on new questions in at least nine of ten contexts', () => {
  let broken = 0
  for (let draw = 1; draw <= 100; draw++) {
    const { whole: threshold } = thresholdsFor(judgements(1_500, draw * 7), 0.05)
    if (threshold === undefined) continue
    const decided = judgements(4_000, draw * 13 + 5).filter(({ margin }) => margin >= threshold)
    const error = decided.filter(({ right }) => !right).length / decided.length
    if (error > 0.055) broken++
  }
  expect(broken).toBeLessThanOrEqual(10)
})

test('too few examples promise nothing, and neither do judgements that are mostly wrong', () => {
  expect(thresholdsFor(judgements(20, 3), 0.05).whole).toBeUndefined()
  expect(
    thresholdsFor(
      judgements(2_000, 3).map(one => ({ ...one, right: one.row % 2 === 0 })),
      0.05,
    ).whole,
  ).toBeUndefined()
})

test('how known a question is says which share of the context is no more familiar', () => {
  const known = fitKnown([0.1, 0.2, 0.3, 0.4])
  expect(knownShare(known, 0.05)).toBeCloseTo(0.2)
  expect(knownShare(known, 0.25)).toBeCloseTo(0.6)
  expect(knownShare(known, 0.9)).toBeCloseTo(1)
})

const words = {
  build: ['compile', 'maven', 'gradle', 'artefact', 'linker'],
  deploy: ['rollout', 'helm', 'canary', 'argo', 'kubectl'],
}
const texts = Object.entries(words).flatMap(([task, list]) =>
  list.flatMap(a => list.map(b => ({ task, question: `${a} problem with ${b} today` }))),
)
const context = {
  texts,
  tasks: ['build', 'deploy'],
  labels: Int32Array.from(texts, ({ task }) => (task === 'build' ? 0 : 1)),
  vectors: new Float32Array(0),
  dims: 0,
  keywords: [],
}

test('the vote names the task whose words the question uses, the same way every time', async () => {
  const once = async () => {
    const voter = prepareVoter(context, () => [])
    const judged = await judge(voter, 8)
    const calibration = {
      probability: fitProbability(judged),
      known: fitKnown(judged.map(j => j.familiarity)),
    }
    return castVote(
      voter,
      calibration,
      wordsOf(voter, { question: 'helm canary is stuck' }),
      new Float32Array(0),
      8,
    )
  }
  const voted = await once()
  expect(voted.ranking[0]?.task).toBe('deploy')
  expect(voted.ranking.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1)
  expect(voted.neighbours.every(({ row }) => texts[row]?.task === 'deploy')).toBe(true)
  expect(await once()).toEqual(voted)
})

test('what is forgotten in a thread of its own is forgotten as it is here', async () => {
  const { features, head } = prepareVoter(context, () => [])
  const foldOf = Uint8Array.from(context.labels, (_, row) => row % 5)
  const given = { head, features, labels: context.labels, foldOf, folds: 3 }
  const here = forget(given)
  expect(here.some(score => score !== 0)).toBe(true)
  expect(await aside('aside-judge', given)).toEqual(here)
})

test('an example is judged without itself and without its copies', async () => {
  const doubled = {
    ...context,
    texts: [...texts, ...texts],
    labels: Int32Array.from([...context.labels, ...context.labels.map(l => 1 - l)]),
  }
  const judged = await judge(
    prepareVoter(doubled, () => []),
    8,
  )
  expect(judged).toHaveLength(100)
  // Every copy contradicts its original: found by itself, each example would be right.
  expect(judged.filter(({ right }) => right).length).toBeLessThan(80)
})

test('a number tells apart what is otherwise worded alike, and a new one is still like the others', () => {
  const one = (code: string) => ({ question: `container exits with code ${code}` })
  const numbered = {
    texts: [one('137'), one('139'), one('143'), { question: 'write a unit test' }],
    tasks: ['a', 'b'],
    labels: Int32Array.from([0, 0, 0, 1]),
    vectors: new Float32Array(0),
    dims: 0,
    keywords: [],
  }
  const voter = prepareVoter(numbered, () => [])
  const calibration = { probability: { a: 0, b: 6 }, known: fitKnown([0.1]) }
  const nearest = (text: string) =>
    castVote(voter, calibration, wordsOf(voter, { question: text }), new Float32Array(0), 3).neighbours
  expect(nearest('exit code 139, the container is gone')[0]?.row).toBe(1)
  expect(nearest('exit code 137, the container is gone')[0]?.row).toBe(0)
  expect(nearest('container exits with code 255')[0]?.similarity).toBeGreaterThan(0.3)
})

test('keywords teach the tasks, and are neighbours of nothing', () => {
  const words = ['sourdough', 'rye bread', 'oven']
  const taught: Context = {
    ...context,
    tasks: [...context.tasks, 'baking'],
    keywords: words,
    labels: Int32Array.from([...context.labels, ...words.map(() => context.tasks.length)]),
  }
  const voter = prepareVoter(taught, () => [])
  const calibration = { probability: { a: 0, b: 6 }, known: Float64Array.of(0) }
  const { ranking, neighbours } = castVote(
    voter,
    calibration,
    wordsOf(voter, { question: 'rye bread in the oven' }),
    new Float32Array(0),
    8,
  )
  expect(ranking[0]?.task).toBe('baking')
  expect(neighbours.every(({ row }) => row < context.texts.length)).toBe(true)
})

/** Judgements by both votes: words are right as often, or as rarely, as they are said to be. */
const judgedTwice = (count: number, seed: number, wordsRight: (margin: number) => number): Judged[] => {
  const next = random(seed)
  return judgements(count, seed * 3 + 1).map(one => {
    const margin = next()
    const right = next() < wordsRight(margin) ? one.right : false
    return {
      ...one,
      words: { task: right === one.right ? one.task : 'u', margin, right, familiarity: margin },
    }
  })
}

test('what words and the whole vote decide together keeps the promise in at least nine of ten contexts', () => {
  let broken = 0
  let byWordsAtAll = 0
  for (let draw = 1; draw <= 60; draw++) {
    const from = thresholdsFor(
      judgedTwice(1_500, draw * 7, margin => 0.9 + margin / 10),
      0.05,
    )
    if (from.whole === undefined) continue
    const outcome = outcomeOf(
      judgedTwice(4_000, draw * 13 + 5, margin => 0.9 + margin / 10),
      from,
    )
    if (outcome.byWords > 0) byWordsAtAll++
    if (outcome.wrong / outcome.decided > 0.055) broken++
  }
  expect(broken).toBeLessThanOrEqual(6)
  expect(byWordsAtAll).toBeGreaterThan(0)
})

test('words that disagree with the whole vote decide nothing, and take nothing from what it decides', () => {
  const alone = judgements(1_500, 7)
  const misled = alone.map(one => ({
    ...one,
    words: { task: 'u', right: false, margin: 1 - one.margin, familiarity: 1 },
  }))
  expect(thresholdsFor(misled, 0.05)).toEqual(thresholdsFor(alone, 0.05))
  expect(thresholdsFor(misled, 0.05).words).toBeUndefined()
})

test('words that always agree decide half as much as both, and no more', () => {
  const agreeing = judgements(1_500, 7).map(one => ({ ...one, words: one }))
  const { decided, byWords } = outcomeOf(agreeing, thresholdsFor(agreeing, 0.05))
  expect(byWords / decided).toBeCloseTo(0.5, 2)
})

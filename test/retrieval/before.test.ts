import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from '../../src/retrieval/prepare.ts'

const WORDS = {
  build: ['maven', 'gradle', 'compiler', 'artifact', 'dependency', 'linker', 'makefile', 'jar'],
  deploy: ['helm', 'canary', 'rollout', 'chart', 'blue', 'green', 'release', 'argo'],
  monitor: ['alert', 'grafana', 'metric', 'dashboard', 'latency', 'prometheus', 'trace', 'slo'],
}
type Task = keyof typeof WORDS
const TASKS = Object.keys(WORDS) as Task[]

/** Words of its task, some of another one, and a number; of ten one may be mislabelled: told apart often, not always. */
const exampleOf = (seed: number, task: Task = TASKS[seed % 3] ?? 'build') => {
  const other = TASKS[Math.floor(seed / 3) % 3] ?? 'build'
  const word = (of: Task, by: number) => WORDS[of][Math.floor(seed / by) % 8]
  return {
    question: `${word(task, 1)} and ${word(other, 5)} with ${word(other, 11)} number ${seed}`,
    task: seed % 10 === 7 ? other : task,
  }
}
const examplesFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => exampleOf(from + at))

const folder = () => mkdtemp(join(tmpdir(), 'coe-before-'))
const preparedIn = (dataPath: string, examples: { question: string; task: string }[]) =>
  prepare(
    {
      texts: examples.map(({ question }) => ({ question })),
      tasks: examples.map(({ task }) => task),
      keywords: [{ task: 'build', text: 'bazel' }],
      k: 8,
      encoder: 'lexical',
      modelsPath: '',
      dataPath,
    },
    () => {},
  )
const MANY = examplesFrom(0, 1_200)
const shareRight = (judged: readonly { right: boolean }[]) =>
  judged.filter(({ right }) => right).length / judged.length

test('ten more examples leave what was judged as it is, and are judged themselves', async () => {
  const dataPath = await folder()
  const { about: first } = await preparedIn(dataPath, MANY)
  expect(shareRight(first.judged)).toBeGreaterThan(0.6)
  expect(shareRight(first.judged)).toBeLessThan(1)
  const wrong = { ...exampleOf(1_203), question: 'helm chart rollout canary release argo', task: 'monitor' }
  const { about: grown } = await preparedIn(dataPath, [...MANY, ...examplesFrom(1_200, 9), wrong])
  expect(grown.judged.slice(0, 1_200)).toEqual(first.judged)
  expect(grown.judged.map(({ row }) => row)).toEqual([...Array(1_210).keys()])
  expect(grown.judged[1_209]).toMatchObject({ task: 'deploy', right: false })
})

test('what answers then is as good as if all had been fitted at once', async () => {
  const dataPath = await folder()
  await preparedIn(dataPath, MANY)
  const examples = [...MANY, ...examplesFrom(1_200, 50)]
  const [grown, anew] = [await preparedIn(dataPath, examples), await preparedIn(await folder(), examples)]
  let [same, grownRight, anewRight] = [0, 0, 0]
  for (const { question, task } of examplesFrom(5_000, 300)) {
    const [one, other] = await Promise.all(
      [grown, anew].map(async ({ nearest }) => (await nearest(question)).ranking[0]?.task),
    )
    if (one === other) same++
    if (one === task) grownRight++
    if (other === task) anewRight++
  }
  expect(same).toBeGreaterThanOrEqual(290)
  expect(Math.abs(grownRight - anewRight)).toBeLessThanOrEqual(5)
})

test('an example that has gone is not judged any more; one with another task is judged again', async () => {
  const dataPath = await folder()
  const { about: first } = await preparedIn(dataPath, MANY)
  const relabelled = { ...exampleOf(3), task: 'monitor' }
  const changed = [...MANY.slice(1, 3), relabelled, ...MANY.slice(4)]
  const { about } = await preparedIn(dataPath, changed)
  expect(about.judged).toHaveLength(1_199)
  const moved = ({ row, ...said }: (typeof first.judged)[number]) => ({ ...said, row: row - 1 })
  expect(about.judged.slice(3)).toEqual(first.judged.slice(4).map(moved))
  expect(about.judged[2]).toMatchObject({ row: 2, right: about.judged[2]?.task === 'monitor' })
})

test('when one in twenty has changed, by and by, all are judged again', async () => {
  const dataPath = await folder()
  const { about: first } = await preparedIn(dataPath, MANY)
  const { about: next } = await preparedIn(dataPath, [...MANY, ...examplesFrom(1_200, 40)])
  expect(next.judged.slice(0, 1_200)).toEqual(first.judged)
  const { about: last } = await preparedIn(dataPath, [...MANY, ...examplesFrom(1_200, 80)])
  expect(last.judged.slice(0, 1_200)).not.toEqual(first.judged)
})

test('other tasks or keywords are another context, of which nothing is known yet', async () => {
  const dataPath = await folder()
  const { about: first } = await preparedIn(dataPath, MANY)
  const { about } = await preparedIn(dataPath, [...MANY, { question: 'sourdough', task: 'bake' }])
  expect(about.judged.slice(0, 1_200)).not.toEqual(first.judged)
})

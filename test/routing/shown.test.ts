import { expect, test } from 'vitest'
import type { Snapshot } from '../../src/knowledge/snapshot.ts'
import { chosen, shownExamples } from '../../src/routing/shown.ts'

type Given = readonly [question: string, task: string]

const given = (examples: readonly Given[], ranking: readonly string[]) =>
  [
    {
      examples: examples.map(([question, task]) => ({ question, task, at: 'c.jsonl:1' })),
    } as unknown as Snapshot,
    {
      neighbours: () => examples.map((_, row) => ({ row, similarity: 1 - row / 100, dense: 0, lexical: 0 })),
      ranking: () => ranking.map(task => ({ task, confidence: 0.5 })),
      margin: 0,
      known: 1,
    },
  ] as const

const words = [
  'alpha',
  'bravo',
  'charlie',
  'delta',
  'echo',
  'foxtrot',
  'golf',
  'hotel',
  'india',
  'juliett',
  'kilo',
  'lima',
]
const tasksOf = (...parameters: ReturnType<typeof given>) => chosen(...parameters).map(({ task }) => task)

test('at most eight are shown, nearest first', () => {
  const parameters = given(
    words.map((word): Given => [word.repeat(3), 'build']),
    ['build'],
  )
  expect(chosen(...parameters).map(({ question }) => question)).toEqual(
    words.slice(0, 8).map(word => word.repeat(3)),
  )
})

test('the two most probable tasks are each shown, if anything near has them', () => {
  const near = words.map(
    (word, i): Given => [word.repeat(3), i === 9 ? 'deploy' : i === 11 ? 'test' : 'build'],
  )
  expect(tasksOf(...given(near, ['deploy', 'test', 'build']))).toEqual([
    ...Array(6).fill('build'),
    'deploy',
    'test',
  ])
  expect(tasksOf(...given(near, ['build', 'test']))).toEqual([...Array(7).fill('build'), 'test'])
  expect(tasksOf(...given(near, ['operate', 'build']))).toEqual(Array(8).fill('build'))
  expect(tasksOf(...given([], ['build', 'test']))).toEqual([])
})

test('what repeats a nearer one is left out, unless people gave it another task', () => {
  const near: Given[] = [
    ['pod web-1 restarts with exit code 137', 'operate'],
    ['Pod web-22 restarts with exit code 1!', 'operate'],
    ['pod web-3 restarts with exit code 137', 'root-cause'],
    ['磁盘满了怎么清理', 'operate'],
    ['磁盘满了，怎么清理？', 'operate'],
    ['the certificate expires', 'operate'],
  ]
  expect(chosen(...given(near, ['operate', 'root-cause'])).map(({ question }) => question)).toEqual(
    [0, 2, 3, 5].map(row => near[row]![0]),
  )
})

test('a long one is cut in the middle, stays on one line, and no number is shown', () => {
  const shown = shownExamples(...given([[`begins ${'x\n'.repeat(2_000)} ends`, 'build']], ['build']))
  expect(shown).toMatch(/^<example task="build">begins x.* \[\.\.\.\] .*x ends<\/example>$/)
  expect(shown.length).toBeLessThan(450)
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { changedMap } from '../../src/knowledge/write-scores.ts'
import { root } from '../support/gateway.ts'

const scores = { a: { build: { accuracy: 0.75, n: 4 }, deploy: { accuracy: 0.5, n: 2 } } }

test.each(['default', 'aiops', 'devops-lifecycle'])('the shipped map "%s" only grows', async name => {
  const before = await readFile(join(root, `mappings/${name}.yaml`), 'utf8')
  const after = changedMap(before, {
    scores,
    sections: { ranking: { build: { experts: ['a'], because: 'best: "a"' } } },
  })
  expect(after.replace(/^ {2}a:\n( {4}.*\n)*/m, '').length).toBeLessThan(after.length)
  expect(parse(after)).toEqual({
    ...parse(before),
    scores: { ...parse(before).scores, ...scores },
    ranking: { build: { experts: ['a'], because: 'best: "a"' } },
  })
  for (const line of before.split('\n')) expect(after.split('\n')).toContain(line)
})

const forms: readonly (readonly [title: string, before: string, after: string])[] = [
  [
    'a score by hand gets its number of questions, its neighbour stays',
    'scores:\n  a: { build: 0.1, test: 0.9 } # mine\n',
    'scores:\n  a: { build: { accuracy: 0.75, n: 4 }, test: 0.9, deploy: { accuracy: 0.5, n: 2 } } # mine\n',
  ],
  [
    'new scores stand below the old ones, before the comments of what follows',
    'scores:\n    b:\n      build: 0.1 # old\n\n# experts\nexperts: {}\n',
    'scores:\n    b:\n      build: 0.1 # old\n    a:\n      build: { accuracy: 0.75, n: 4 }\n      deploy: { accuracy: 0.5, n: 2 }\n\n# experts\nexperts: {}\n',
  ],
  [
    'an empty section is filled',
    '# x\nscores: {}\nname: n # y\n',
    '# x\nscores:\n  a:\n    build: { accuracy: 0.75, n: 4 }\n    deploy: { accuracy: 0.5, n: 2 }\nname: n # y\n',
  ],
  [
    'a file without a last line end gets its section',
    'name: n',
    'name: n\n\nscores:\n  a:\n    build: { accuracy: 0.75, n: 4 }\n    deploy: { accuracy: 0.5, n: 2 }\n',
  ],
  [
    'the line ends of another system stay',
    'name: n\r\nscores:\r\n  a:\r\n    build: 0.1\r\n    deploy: 0.2 # d\r\n',
    'name: n\r\nscores:\r\n  a:\r\n    build: { accuracy: 0.75, n: 4 }\r\n    deploy: { accuracy: 0.5, n: 2 } # d\r\n',
  ],
]
test.each(forms)('%s', (_title, before, after) => {
  expect(changedMap(before, { scores })).toBe(after)
})

test('written twice it is written once', () => {
  const once = changedMap('name: n\n', { scores, sections: { ranking: { build: { experts: ['a'] } } } })
  expect(changedMap(once, { scores, sections: { ranking: { build: { experts: ['a'] } } } })).toBe(once)
})

test('JSON stays JSON', () => {
  const after = changedMap('{"name": "n", "scores": {"b": {"build": 0.1}}}', { scores })
  expect(JSON.parse(after)).toEqual({ name: 'n', scores: { b: { build: 0.1 }, ...scores } })
})

test('a file all in braces, or scores that are an alias, keep their meaning and their comments', () => {
  const braces = changedMap('{ name: n, # the name\n  scores: { b: { build: 0.1 } } }\n', { scores })
  expect(braces).toContain('# the name')
  expect(parse(braces).scores).toEqual({ b: { build: 0.1 }, ...scores })
  const alias = changedMap('x: &s { b: { build: 0.1 } } # kept\nscores: *s\n', { scores })
  expect(parse(alias)).toEqual({ x: { b: { build: 0.1 } }, scores: { b: { build: 0.1 }, ...scores } })
  expect(alias).toContain('# kept')
})

test('pins in braces go as well, and the anchor that they all stand for with the last of them', () => {
  const before =
    'unknown: &o [a, b] # all\ntasks:\n  build: { experts: *o } # one\n  deploy: { title: D, experts: *o }\n'
  expect(changedMap(before, { scores: {}, unpin: ['build', 'deploy', 'unknown'] })).toContain(
    'tasks:\n  build: {} # one\n  deploy: { title: D }\n',
  )
})

test('pins go with their lines, and paths go along into another folder', () => {
  const before = `context: [c.jsonl, "/abs.jsonl", '../d.jsonl'] # where
unknown: &order [a, b]
tasks:
  build:
    description: x
    experts: *order # pinned
  deploy: { experts: [a] }
classifier: { expert: a, prompt: p.md }
`
  const after = changedMap(before, {
    scores: {},
    unpin: ['build', 'unknown'],
    moved: { from: '/x/y', to: '/x/z' },
  })
  expect(after).not.toContain('experts: *order')
  expect(parse(after)).toMatchObject({
    context: ['../y/c.jsonl', '/abs.jsonl', '../d.jsonl'],
    tasks: { build: { description: 'x' }, deploy: { experts: ['a'] } },
    classifier: { expert: 'a', prompt: '../y/p.md' },
  })
  expect(after).toContain('# where')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readMap } from '../../src/knowledge/task-map.ts'
import { mapOf, remote, root } from '../support/gateway.ts'
import { changed, changes } from './mutate.ts'
import './seed.ts'
import { cpuMs } from '../support/cpu.ts'

const full = stringify(
  mapOf(
    {
      a: remote('http://a/v1', { key: '${KEY}', timeout: '5s', price: { input: 1, output: 2 } }),
      r: { builtin: 'runbook' },
    },
    {
      classifier: { expert: 'a', use: 'when-unsure', timeout: '5s' },
      neighbours: { allowedError: 0.05 },
      scores: { a: { build: { accuracy: 0.87, n: 218 }, deploy: 0.5 } },
      choose: { by: 'price', within: 1 },
      aliases: { 'gpt-4o': 'auto' },
    },
  ),
)
const maps = [
  full,
  readFileSync(join(root, 'mappings/default.yaml'), 'utf8').slice(0, 2_500),
  JSON.stringify(mapOf({ r: { builtin: 'runbook' } })),
]
const marks = [
  '\n',
  '  ',
  '\t',
  ':',
  ': ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>\n',
  '#',
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  '!x ',
  '%YAML 9\n',
  '---\n',
  '...\n',
  '${KEY}',
  '${',
  '${NO}',
  '__proto__: 1\n',
  'constructor: {}\n',
  'null',
  '.nan',
  '1e999',
  '-0',
  '2001-01-01',
  'x: x\nx: x\n',
  '\0',
  '\u2028',
  '['.repeat(60),
  '- '.repeat(60),
  '? '.repeat(20),
]

test('no map makes its reader throw or dawdle: it is fine, or every fault has a place and a sentence', () => {
  fc.assert(
    fc.property(fc.constantFrom(...maps), changes(marks, 5), (text, wanted) => {
      const began = cpuMs()
      const { map, problems } = readMap('map.yaml', changed(Buffer.from(text), wanted).toString('utf8'), {
        KEY: 'k',
      })
      expect(cpuMs() - began).toBeLessThan(3_000)
      if (map === undefined) expect(problems.some(({ severity }) => severity === 'error')).toBe(true)
      for (const { line, column, message } of problems) {
        expect(line >= 1 && column >= 1 && message.length > 3).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})

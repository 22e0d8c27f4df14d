import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { masked, restored } from '../../src/knowledge/secrets.ts'
import { root } from '../support/gateway.ts'

const map = `name: m # the key of nobody: sk-comment stays
experts:
  plain: { url: http://h/v1, key: sk-plain } # a comment
  quoted:
    key: "sk-quoted \\" {"
    url: "https://user:sk-pass@h/v1?api-version=2&api_key=sk-query&x=1"
  single: { key: 'sk-single', url: "http://h?key=\${KEY}" }
  block:
    key: |
      sk-block
    model: m
  named: { key: "\${OPENROUTER_API_KEY}" }
  fallback: { key: "\${KEY:-sk-fallback}" }
  anchored: { key: &k sk-anchored }
  alias: { key: *k }
access:
  app: { key: "sha256:${'a'.repeat(64)}" }
  wrong: { key: sk-client }
aliases: { key: auto }
`

test('no secret of a map is shown, and nothing else of it is changed', () => {
  const shown = masked(map)
  expect(shown.match(/sk-[\w-]+/g)).toEqual(['sk-comment'])
  const [before, after] = [parse(map), parse(shown)]
  expect(after.experts).toMatchObject({
    plain: { url: 'http://h/v1', key: '***' },
    quoted: { url: 'https://***@h/v1?api-version=2&api_key=***&x=1' },
    single: { url: 'http://h?key=${KEY}' },
    block: { key: '***', model: 'm' },
    named: { key: '${OPENROUTER_API_KEY}' },
    fallback: { key: '${KEY:-***}' },
    alias: { key: '***' },
  })
  expect(after.aliases).toEqual(before.aliases)
  expect(after.access.app).toEqual(before.access.app)
  expect(shown).toContain('# a comment')
})

test('a map that is sent back as it was shown means what it meant', () => {
  const { text, lost } = restored(masked(map), map)
  expect(lost).toEqual([])
  expect(parse(text)).toEqual({
    ...parse(map),
    experts: { ...parse(map).experts, block: { key: 'sk-block\n', model: 'm' } },
  })
})

test('a mask where no secret stood is named with its place, and so is one in another form', () => {
  const sent = 'experts:\n  plain: { key: "***" }\n  new: { key: "***" }\n  quoted: { key: "${K:-***}" }\n'
  const { text, lost } = restored(sent, map)
  expect(text).toContain('plain: { key: sk-plain }')
  expect(lost).toEqual([
    { line: 3, column: 15, of: 'experts.new.key' },
    { line: 4, column: 18, of: 'experts.quoted.key' },
  ])
})

test('the shipped maps hold no secret: they are shown to the letter', () => {
  for (const name of ['default', 'aiops', 'devops-lifecycle']) {
    const text = readFileSync(join(root, `mappings/${name}.yaml`), 'utf8')
    expect(masked(text)).toBe(text)
  }
})

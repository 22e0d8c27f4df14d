import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/gateway.ts'
import { withTable } from './page.ts'
import { table } from './table.ts'

const path = join(root, 'docs/reliability.md')
const page = readFileSync(path, 'utf8')
const rows = table('http://elsewhere.invalid')

/** After a change of the rows: npx vitest run test/faults/page.test.ts -u */
test('docs/reliability.md says of every fault what its row says', async () => {
  await expect(withTable(page, rows)).toMatchFileSnapshot(path)
})

test('every other test that the page names is there, under that title', () => {
  const named = [...page.matchAll(/^\|[^|]+\|[^|]+\| `(test\/[\w/-]+\.test\.ts)`: (.+?) \|$/gm)]
  expect(named.length).toBeGreaterThan(15)
  for (const [, file = '', title = ''] of named) {
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(readFileSync(join(root, file), 'utf8'), file).toContain(title)
  }
})

test('no two rows have the same name, and there are enough of them', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  expect(rows.length).toBeGreaterThan(200)
})

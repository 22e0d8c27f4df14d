import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rememberContexts } from '../../src/knowledge/context-memory.ts'
import { fixtures } from '../support/gateway.ts'

test('a context is parsed again when it, or a runbook of it, has changed, and not otherwise', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-memory-'))
  const file = join(folder, 'context.jsonl')
  await cp(join(fixtures, 'context.jsonl'), file)
  await cp(join(fixtures, 'runbooks'), join(folder, 'runbooks'), { recursive: true })
  const read = rememberContexts()
  const first = await read(file)
  expect(first.runbooks.length).toBeGreaterThan(0)
  expect(await read(file)).toBe(first)

  await writeFile(first.runbooks[0] ?? '', 'Turn it off and on again.')
  const second = await read(file)
  expect(second).not.toBe(first)
  expect(second.examples.some(({ reply }) => reply?.text === 'Turn it off and on again.')).toBe(true)

  await appendFile(file, '{"question": "the oven is cold", "task": "unknown"}\n')
  const third = await read(file)
  expect(third.examples).toHaveLength(second.examples.length + 1)
  expect((await read(file, '{"question": "as given", "task": "unknown"}\n')).examples).toHaveLength(1)
  expect((await read(file)).examples).toHaveLength(third.examples.length)
  await rm(folder, { recursive: true })
  expect((await read(file)).problems[0]?.message).toContain('cannot be read')
})

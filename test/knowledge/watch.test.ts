import { pbkdf2 } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createWatcher } from '../../src/knowledge/watch.ts'

test('a change right after the watching has begun is found, without another change to follow it', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'coe-watch-')), 'map.yaml')
  writeFileSync(file, 'before')
  let changes = 0
  const watcher = createWatcher({ onChange: () => changes++, quietMs: 5, pollMs: 20 })
  // On a busy machine the first look at the file takes its time: these are before it in the queue.
  for (let i = 0; i < 8; i++) pbkdf2('x', 'y', 50_000, 64, 'sha512', () => undefined)
  await watcher.watch([file])
  writeFileSync(file, 'after that')
  await expect.poll(() => changes).toBe(1)
  watcher.close()
})

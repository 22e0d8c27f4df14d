import { expect, test } from 'vitest'
import { createTurns } from '../../src/processes/turns.ts'

const settled = () => new Promise(resolve => setImmediate(resolve))

test('one has its turn after the other, and who dies before or in its turn holds up nobody', async () => {
  const turns = createTurns<string>()
  const had: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) void turns.take(name).then(() => had.push(name))
  await settled()
  expect(had).toEqual(['a'])
  turns.leave('b')
  await settled()
  expect(had).toEqual(['a'])
  turns.leave('a')
  await settled()
  expect(had).toEqual(['a', 'c'])
  turns.leave('c')
  await settled()
  expect(had).toEqual(['a', 'c', 'd'])
})

test('who never ends its turn is not waited for without end', async () => {
  const turns = createTurns<string>(10)
  await turns.take('hangs')
  await turns.take('next')
})

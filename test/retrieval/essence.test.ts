import { expect, test } from 'vitest'
import { essenceOf } from '../../src/retrieval/essence.ts'
import { cpuMs } from '../support/cpu.ts'

test.each([
  [
    'Hi team, sorry to bother you. Could you please help me? helm upgrade is stuck. Thanks a lot in advance!',
    'helm upgrade is stuck.',
  ],
  ['helm upgrade is stuck thanks a lot', 'helm upgrade is stuck'],
  ['大家好，不好意思打扰一下，想请教一个问题：磁盘满了怎么办？ 非常感谢！', '磁盘满了怎么办？'],
])('courtesy around a question is not the question: %j', (text, essence) => {
  expect(essenceOf(text)).toBe(essence)
})

test.each([
  'hello',
  'ok thanks',
  'can you help me?',
  '谢谢',
  'thanks',
  '',
  'why is "thank you" logged twice?',
])('where nothing else was sent, the text stays as it is: %j', text => {
  expect(essenceOf(text)).toBe(text)
})

const log = (seconds: number) => `2031-03-10T04:11:${seconds}Z INFO [main] heartbeat ok`

test('a log or a stack trace around a question does not decide what it is about', () => {
  expect(essenceOf([log(10), log(11), '', 'why does the pod restart', '', log(12)].join('\n'))).toBe(
    'why does the pod restart',
  )
  const trace =
    'Traceback (most recent call last):\n  File "/app/a.py", line 3, in <module>\n    run()\nValueError: no'
  expect(essenceOf(`how do I mock this in a unit test\n\n${trace}`)).toBe('how do I mock this in a unit test')
})

test('the first line of a log stays where a person wrote hardly anything, and all of it where nothing else was sent', () => {
  expect(essenceOf(['why oom', log(10), log(11)].join('\n'))).toBe(['why oom', log(10)].join('\n'))
  const alone = [log(10), log(11), log(12)].join('\n')
  expect(essenceOf(alone)).toBe(alone)
})

test('the longest question that is classified costs a few milliseconds, however it is made', () => {
  for (const piece of ['hi ', '谢谢', 'a\n', 'thanks ', ': ', '不好意思打扰x', `${log(10)}\n`]) {
    const text = piece.repeat(8_000).slice(0, 8_000)
    const began = cpuMs()
    essenceOf(text)
    expect(cpuMs() - began).toBeLessThan(100)
  }
})

test('a text of 200 kB is read in the time of a page, whatever it is made of', () => {
  const made = [
    `why ${' '.repeat(200_000)}x`,
    `why ${'\n'.repeat(200_000)}x`,
    `why ${'!, '.repeat(66_000)}x`,
    `谢谢${'、'.repeat(36)}x`,
    '请问一下，'.repeat(40_000),
    'thanks '.repeat(30_000),
    `${'2026-01-02T03:04:05Z INFO pod ready=false\n'.repeat(5_000)}why?`,
  ]
  // A regular expression that tries again from each place would need minutes.
  const began = process.cpuUsage()
  for (const text of made) essenceOf(text)
  const { user } = process.cpuUsage(began)
  expect(user / 1e6).toBeLessThan(2)
})

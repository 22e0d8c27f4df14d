import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { createLog, lineWriter } from '../../src/observe/log.ts'
import { root } from '../support/gateway.ts'

const compiled = pathToFileURL(join(root, 'dist/observe/log.js')).href

/** What a process has logged on its standard error when it is over. */
const loggedBy = (ending: string): string[] => {
  const script = `
    import { createLog, lineWriter } from '${compiled}'
    const log = createLog('info')
    lineWriter(log, 'answered')('info', { status: 200 })
    log.warn('the last word')
    ${ending}`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return stderr
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line).msg)
}

test.each([
  ['has nothing more to do', ''],
  ['is ended', 'process.exit(1)'],
  ['fails', 'throw new Error("a fault of its own")'],
  ['is killed a moment later', 'setTimeout(() => process.kill(process.pid, "SIGKILL"), 1_000)'],
])('a process that %s has written every line of its log', (_, ending) => {
  expect(loggedBy(ending)).toEqual(['answered', 'the last word'])
})

test('a request has the same kind of line as everything else, and none below the level', () => {
  const lines: string[] = []
  const log = createLog('info', { write: line => void lines.push(line) })
  const write = lineWriter(log, 'answered')
  write('debug', { status: 503 })
  write('warn', { status: 502, expert: 'a "quoted" name', error: undefined })
  log.warn({ status: 502, expert: 'a "quoted" name' }, 'answered')
  const [written, usual] = lines.map(line => ({ ...JSON.parse(line), time: 'now' }))
  expect(written).toEqual(usual)
  expect(lines.map(line => line.at(-1))).toEqual(['\n', '\n'])
  expect(Math.abs(Date.parse(JSON.parse(lines[0] as string).time) - Date.now())).toBeLessThan(60_000)
})

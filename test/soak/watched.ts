import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rows, tasks } from './files.ts'
import { startGateway } from './gateway-process.ts'
import { openLive } from './live-page.ts'
import { at, createAsker } from './paced.ts'

/** What it costs to be watched: the console's Live at a hundred decisions a second, and a dry run over ten thousand. */
const RATE = 100
const DECISIONS = 10_000
const BAR_DRY_RUN_MS = 5_000
const FRAMES_A_SECOND = 30
const KEY = 'soak-admin-key'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
const seconds = Number(values.seconds)
if (!(seconds >= 4)) {
  process.stderr.write('npm run soak:watched -- [--seconds N (4 or more)]\n')
  process.exit(2)
}

const say = (line: string) => void process.stdout.write(`${line}\n`)
const folder = mkdtempSync(join(tmpdir(), 'coe-watched-'))
const [mapPath, contextPath] = [join(folder, 'map.json'), join(folder, 'context.jsonl')]
const mapWith = (other: boolean) => ({
  name: 'watched',
  context: ['context.jsonl'],
  tasks: Object.fromEntries(
    tasks.map(id => [id, { description: id, experts: other ? ['second', 'first'] : ['first', 'second'] }]),
  ),
  experts: { first: { builtin: 'runbook' }, second: { builtin: 'runbook' } },
})
writeFileSync(contextPath, rows.map(row => `${JSON.stringify(row)}\n`).join(''))
writeFileSync(mapPath, JSON.stringify(mapWith(false)))
const gateway = await startGateway(
  { COE_MAP: mapPath, COE_DATA: join(folder, 'data'), COE_ADMIN_KEY: KEY, LOG_LEVEL: 'warn' },
  line => say(JSON.stringify(line)),
)
const reasons: string[] = []
const asker = createAsker(gateway.url, rows[0]?.question ?? '')
await asker.ask(RATE, 3)

const spell = async (name: string, forSeconds: number) => {
  const before = gateway.cpuMs()
  const { waits, failed } = await asker.ask(RATE, forSeconds)
  const cpu = (gateway.cpuMs() - before) / forSeconds / 10
  say(
    `${name.padEnd(14)} ${waits.length} answers: p50 ${at(waits, 0.5).toFixed(1)} ms, p99 ${at(waits, 0.99).toFixed(1)} ms · ` +
      `gateway ${cpu.toFixed(1)} % of a core · load ${loadavg()[0]?.toFixed(1)}`,
  )
  if (failed > 0) reasons.push(`${failed} requests failed ${name}`)
  return { p50: at(waits, 0.5), cpu }
}

const alone = await spell('unwatched', seconds / 2)
const live = await openLive(gateway.url, KEY)
if (live === undefined) say('no Chromium here: the page is not opened')
else {
  await live.seen()
  const watched = await spell('watched', seconds)
  const { frames, longTasks, longestMs } = await live.seen()
  say(
    `the page       ${(frames / seconds).toFixed(0)} frames a second, ${longTasks} tasks over 50 ms, the longest ${longestMs.toFixed(0)} ms`,
  )
  if (!/500 shown/.test(await live.said()) && seconds * RATE > 600)
    reasons.push('the page does not show the last 500')
  if (frames / seconds < FRAMES_A_SECOND)
    reasons.push(`the page drew ${(frames / seconds).toFixed(0)} frames a second`)
  reasons.push(...live.complaints)
  await live.close()
  const again = await spell('unwatched', seconds / 2)
  const before = { p50: Math.max(alone.p50, again.p50), cpu: Math.max(alone.cpu, again.cpu) }
  if (watched.p50 > 2 * before.p50 + 2) reasons.push('requests were slower while the page was open')
  if (watched.cpu > 2 * before.cpu + 5)
    reasons.push('the gateway computed more than twice as much for the page')
}

await asker.fill(DECISIONS)
const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/yaml', 'if-match': '*' }
const dryRun = async () => {
  const began = performance.now()
  const body = JSON.stringify(mapWith(true))
  const answer = await fetch(`${gateway.url}/admin/map?dryRun=true`, { method: 'PUT', headers, body })
  const { decisions } = (await answer.json()) as { decisions: { looked: number; moved: number } }
  return { ms: performance.now() - began, ...decisions }
}
const traffic = asker.ask(RATE, 4)
const { ms, looked, moved } = await dryRun()
const { waits } = await traffic
say(
  `dry run        ${looked} decisions looked at, ${moved} moved, in ${ms.toFixed(0)} ms; ` +
    `meanwhile ${waits.length} answers: p50 ${at(waits, 0.5).toFixed(1)} ms, p99 ${at(waits, 0.99).toFixed(1)} ms, at most ${at(waits, 1).toFixed(0)} ms`,
)
if (looked < DECISIONS) reasons.push(`only ${looked} of ${DECISIONS} decisions were looked at`)
if (ms > BAR_DRY_RUN_MS) reasons.push(`the dry run took ${ms.toFixed(0)} ms`)
if (at(waits, 0.5) > 2 * alone.p50 + 5) reasons.push('requests were slower during the dry run')

asker.close()
await gateway.stop()
rmSync(folder, { recursive: true, force: true })
say(reasons.length === 0 ? 'Nothing fell short.' : `Fell short:\n- ${reasons.join('\n- ')}`)
process.exit(reasons.length === 0 ? 0 : 1)

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { startGateway } from './gateway-process.ts'
import { now } from './streams-expert.ts'

/** Many streams open at once, a chunk each 100 ms: how late does each chunk come, and what does it cost in memory? */
const BAR_LATE_MS = 100
const BAR_GROWTH_MB = 100

const { values } = parseArgs({
  options: { streams: { type: 'string', default: '500' }, seconds: { type: 'string', default: '30' } },
})
const [streams, seconds] = [Number(values.streams), Number(values.seconds)]
if (!(streams >= 1 && seconds >= 1)) {
  process.stderr.write('npm run soak:streams -- [--streams N] [--seconds N]\n')
  process.exit(2)
}

const say = (line: string) => void process.stdout.write(`${line}\n`)
const interrupted = new AbortController()
const interrupt = () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort())
process.on('SIGINT', interrupt).on('SIGTERM', interrupt)

const expert = new Worker(new URL('./streams-expert.js', import.meta.url))
const [port] = (await once(expert, 'message')) as [number]
const folder = mkdtempSync(join(tmpdir(), 'coe-streams-'))
const row = { question: 'maven build fails', task: 'build' }
writeFileSync(join(folder, 'context.jsonl'), JSON.stringify(row))
writeFileSync(
  join(folder, 'map.json'),
  JSON.stringify({
    name: 'streams',
    context: ['context.jsonl'],
    tasks: { build: { experts: ['a'] } },
    unknown: ['a'],
    experts: { a: { url: `http://127.0.0.1:${port}/v1`, model: 'm', concurrency: streams } },
  }),
)
const gateway = await startGateway(
  {
    COE_MAP: join(folder, 'map.json'),
    COE_DATA: join(folder, 'data'),
    COE_ENCODER: 'lexical',
    LOG_LEVEL: 'warn',
  },
  line => say(JSON.stringify(line)),
)

const lateness: number[] = []
const open: IncomingMessage[] = []
const agent = new Agent()
const STAMP = /"content":"([\d.]+) "/g

const openStream = async () => {
  const sent = request(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json' },
  })
  sent.end(JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: 'it fails' }] }))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`a stream was answered with ${response.statusCode}`)
  open.push(response)
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    const arrived = now()
    for (const [, stamp] of chunk.toString('latin1').matchAll(STAMP)) lateness.push(arrived - Number(stamp))
  })
}

/** Ten at a time, over a second or so: this is about streams that run, not about a thousand that begin. */
const openAll = async (count: number) => {
  for (let at = 0; at < count && !interrupted.signal.aborted; at += 10) {
    await Promise.all(Array.from({ length: Math.min(10, count - at) }, openStream))
    await sleep(20)
  }
}

await openAll(1)
const before = gateway.vitals()
await openAll(streams - 1)
say(`${open.length} streams are open, load ${loadavg()[0]?.toFixed(1)}`)
await sleep(1_000)
lateness.length = 0
const began = now()
let most = before?.rssMb ?? 0
while (now() - began < seconds * 1000 && !interrupted.signal.aborted) {
  await sleep(500, undefined, { signal: interrupted.signal }).catch(() => undefined)
  most = Math.max(most, gateway.vitals()?.rssMb ?? 0)
}
const took = (now() - began) / 1000
const ended = open.filter(response => response.readableEnded || response.destroyed).length
const sorted = lateness.sort((a, b) => a - b)
const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
for (const response of open) response.destroy()
const code = await gateway.stop()
await expert.terminate()
rmSync(folder, { recursive: true, force: true })
if (interrupted.signal.aborted) process.exit(130)

const growth = most - (before?.rssMb ?? 0)
const memory =
  before === undefined ? '' : ` · memory ${before.rssMb.toFixed(0)} MB, at most ${growth.toFixed(0)} MB more`
say(
  `${streams} streams for ${took.toFixed(0)} s: ${sorted.length} chunks, late by p50 ${at(0.5).toFixed(2)} ms, ` +
    `p99 ${at(0.99).toFixed(2)} ms, at most ${at(1).toFixed(2)} ms${memory} · load ${loadavg()[0]?.toFixed(1)}`,
)
const due = streams * took * 10
const reasons = [
  ...(at(0.99) <= BAR_LATE_MS ? [] : [`p99 is over ${BAR_LATE_MS} ms`]),
  ...(growth <= BAR_GROWTH_MB ? [] : [`memory grew by more than ${BAR_GROWTH_MB} MB`]),
  ...(sorted.length >= due * 0.9 ? [] : [`only ${sorted.length} of ${due.toFixed(0)} chunks came`]),
  ...(ended === 0 ? [] : [`${ended} streams ended by themselves`]),
  ...(code === 0 ? [] : [`the gateway ended with ${code} when asked to stop`]),
]
say(
  reasons.length === 0
    ? 'Nothing fell short.'
    : `Fell short:\n${reasons.map(reason => `- ${reason}`).join('\n')}`,
)
process.exit(reasons.length === 0 ? 0 : 1)

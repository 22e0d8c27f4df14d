import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startGateway } from './gateway-process.ts'
import { createGrownFiles } from './grown-files.ts'

/** How long after a file was closed is it decided by: ten examples more among ten thousand, and a map alone? */
const BAR_MAP_MS = 300
const BAR_CONTEXT_MS = 5_000
const NEW = 10
const LATEST_MS = 120_000
const KEY = 'soak-admin-key'

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string' },
  },
})
const [examples, rounds] = [Number(values.examples), Number(values.rounds)]
if (!(examples >= 100 && rounds >= 1)) {
  process.stderr.write(
    'npm run soak:grow -- [--examples N (100 or more)] [--rounds N] [--folder F, kept for next time]\n',
  )
  process.exit(2)
}

const say = (line: string) => void process.stdout.write(`${line}\n`)
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'coe-grow-'))
const files = createGrownFiles(folder, examples)
const began = performance.now()
if (files.isFirst) say(`${examples} examples are encoded once: some minutes`)
const gateway = await startGateway(
  { COE_MAP: files.mapPath, COE_DATA: files.dataPath, COE_ADMIN_KEY: KEY, LOG_LEVEL: 'warn' },
  line => say(JSON.stringify(line)),
)
say(`ready       after ${((performance.now() - began) / 1_000).toFixed(1)} s, ${gateway.cpuMs()} ms of CPU`)

type Decided = {
  readonly decision: { readonly snapshot: string; readonly neighbours: { question: string }[] }
}

const route = async (question: string) => {
  const headers = { authorization: `Bearer ${KEY}` }
  const body = JSON.stringify({ question })
  const response = await fetch(`${gateway.url}/admin/route`, { method: 'POST', headers, body })
  return ((await response.json()) as Decided).decision
}

const served = async () => {
  const ready = (await (await fetch(`${gateway.url}/readyz`)).json()) as { snapshot: string }
  return ready.snapshot
}

/** Makes a change and looks until it is served, and then whether it is decided by. */
const changed = async (
  question: string,
  change: () => void,
  isThere: (found: Decided['decision']) => boolean,
) => {
  const before = await served()
  const cpuBefore = gateway.cpuMs()
  change()
  const closed = performance.now()
  while ((await served()) === before) {
    if (performance.now() - closed > LATEST_MS) throw new Error('the change is not served')
    await sleep(20)
  }
  if (!isThere(await route(question))) throw new Error(`"${question}" is not decided by what is new`)
  return { ms: performance.now() - closed, cpuMs: gateway.cpuMs() - cpuBefore }
}

const maps: number[] = []
const contexts: number[] = []
for (let round = 0; round < rounds; round++) {
  const name = `grown-${round}-${Date.now()}`
  const before = await served()
  const map = await changed(
    'my build fails',
    () => files.writeMap(name),
    found => found.snapshot !== before,
  )
  maps.push(map.ms)
  // Numbers of more digits are all alike to a vote by words.
  const more = Array.from({ length: NEW }, (_, at) => ({
    question: `the frobnicator ${1_000 + (Date.now() % 9_000)} of line ${at} does not compile its widgets`,
    task: 'build',
  }))
  const last = more.at(-1)?.question ?? ''
  const context = await changed(
    last,
    () => files.append(more),
    found => found.neighbours[0]?.question === last,
  )
  contexts.push(context.ms)
  say(
    `round ${round + 1}     map ${map.ms.toFixed(0)} ms (${map.cpuMs} ms of CPU), ` +
      `${NEW} examples ${context.ms.toFixed(0)} ms (${context.cpuMs} ms of CPU) · load ${loadavg()[0]?.toFixed(1)}`,
  )
}
await gateway.stop()
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })

const reasons = [
  ...maps.filter(ms => ms > BAR_MAP_MS).map(ms => `a map took ${ms.toFixed(0)} ms, more than ${BAR_MAP_MS}`),
  ...contexts
    .filter(ms => ms > BAR_CONTEXT_MS)
    .map(ms => `${NEW} examples took ${ms.toFixed(0)} ms, more than ${BAR_CONTEXT_MS}`),
]
say(reasons.length === 0 ? 'Nothing fell short.' : `Fell short:\n- ${reasons.join('\n- ')}`)
process.exit(reasons.length === 0 ? 0 : 1)

import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createBook } from './book.ts'
import { startExperts } from './experts.ts'
import { createFiles, mapOf, tasks } from './files.ts'
import { startGateway, type Vitals } from './gateway-process.ts'
import { createLogbook } from './logbook.ts'
import { grown, inWords, printSummary, stillRunning, untilServed } from './report.ts'
import { proveSwaps } from './swap-proof.ts'
import { startSwaps } from './swaps.ts'
import { startTraffic } from './traffic.ts'
import { checkDeliveries } from './verdict.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    clients: { type: 'string', default: '24' },
    swaps: { type: 'boolean', default: false },
    count: { type: 'string', default: '60' },
  },
})
const [seconds, clients] = [Number(values.seconds), Number(values.clients)]
if (!(seconds >= 5 && clients >= 1)) {
  process.stderr.write('npm run soak -- [--seconds N (5 or more)] [--clients N] [--swaps [--count N]]\n')
  process.exit(2)
}

const say = (line: string) => void process.stdout.write(`${line}\n`)
if (values.swaps) {
  const shortfalls = await proveSwaps({ swaps: Number(values.count), seconds, clients }, say)
  say(shortfalls.length === 0 ? 'Nothing fell short.' : `Fell short:\n- ${shortfalls.join('\n- ')}`)
  process.exit(shortfalls.length === 0 ? 0 : 1)
}
const interrupted = new AbortController()
const interrupt = () => {
  if (interrupted.signal.aborted) process.exit(130)
  say('\nInterrupted: stopping; once more ends at once.')
  interrupted.abort()
}
process.on('SIGINT', interrupt).on('SIGTERM', interrupt)

const book = createBook()
const logbook = createLogbook()
const experts = await startExperts(book, tasks)
const files = createFiles()
files.writeContext(0)
files.writeMap(mapOf(experts, 0))
const gateway = await startGateway(
  { COE_MAP: files.mapPath, COE_DATA: `${files.folder}/data`, COE_ENCODER: 'minilm' },
  logbook.read,
)

let began = Date.now()
const progress = () =>
  say(
    `${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${book.entries.size} requests, ` +
      `${[...book.faults.values()].reduce((sum, n) => sum + n, 0)} faults, ${logbook.swaps()} swaps, ` +
      `${book.complaints.length} wrong · ${inWords(gateway.vitals())} · load ${loadavg()[0]?.toFixed(1)}`,
  )

/** Traffic and swaps for so long, then peace. The same before each measurement, so that the two can be compared. */
const spell = async (ms: number, round: number) => {
  const traffic = startTraffic(gateway.url, book, clients)
  const swaps = startSwaps(files, experts, round)
  const ticks = setInterval(progress, 5_000)
  await sleep(ms, undefined, { signal: interrupted.signal }).catch(() => undefined)
  clearInterval(ticks)
  const served = await swaps.stop()
  await traffic.stop()
  const stuck = await untilServed(gateway, served)
  progress()
  return { stuck, swaps: swaps.counts, waits: traffic.waits }
}

/** Most of what the C library and V8 keep of workers that have ended is there after the first few. */
const swapContexts = async (times: number, from = 1) => {
  for (let round = from; round < from + times && !interrupted.signal.aborted; round++) {
    const swapsBefore = logbook.swaps()
    files.writeContext(-round)
    for (let look = 0; look < 300 && logbook.swaps() === swapsBefore; look++) await sleep(100)
  }
}

/** With a worker that has answered nothing yet: the memory of one that has depends on what it was asked. */
const rest = async (round: number): Promise<Vitals | undefined> => {
  await swapContexts(1, round)
  return interrupted.signal.aborted ? undefined : await gateway.atRest()
}

const warmUpMs = Math.min(30_000, (seconds * 1000) / 3)
say(`Warming up: 10 contexts, then ${Math.round(warmUpMs / 1000)} s of ${clients} clients at ${gateway.url}`)
await swapContexts(10)
await spell(warmUpMs, 0)
const before = await rest(100)
say(`At rest: ${inWords(before)}`)

began = Date.now()
const last = await spell(seconds * 1000 - warmUpMs, 1_000)
const aftermath = await rest(101)
say(`At rest: ${inWords(aftermath)}`)

checkDeliveries(book)
const reasons = [
  ...book.complaints.slice(0, 20),
  ...(book.complaints.length > 20 ? [`… and ${book.complaints.length - 20} more requests`] : []),
  ...logbook.unexpected(),
  ...grown(before, aftermath, seconds < 120),
  ...(last.stuck === undefined ? [] : [last.stuck]),
  ...(await stillRunning(gateway, experts)),
]
const code = await gateway.stop()
if (code !== 0) reasons.push(`the gateway ended with ${code} when asked to stop`)
experts.close()
files.remove()

printSummary(say, { book, logbook, ...last })
if (interrupted.signal.aborted) process.exit(130)
say(
  reasons.length === 0
    ? 'Nothing fell short.'
    : `Fell short:\n${reasons.map(reason => `- ${reason}`).join('\n')}`,
)
process.exit(reasons.length === 0 ? 0 : 1)

import { setTimeout as sleep } from 'node:timers/promises'
import type { Book } from './book.ts'
import type { Experts } from './experts.ts'
import type { GatewayProcess, Vitals } from './gateway-process.ts'
import type { Logbook } from './logbook.ts'
import type { Swaps } from './swaps.ts'

export const inWords = (vitals: Vitals | undefined) =>
  vitals === undefined
    ? 'no /proc here, memory and handles are not looked at'
    : `${vitals.rssMb.toFixed(0)} MB, ${vitals.handles} handles, ${vitals.threads} threads`

const TOLERANCE = 0.1
/** By so much two rests of half a minute differ when nothing leaks. After minutes a leak is more than that. */
const KEPT_MB = 40

/** Less than before is no fault. */
export const grown = (before: Vitals | undefined, after: Vitals | undefined, isShort: boolean): string[] => {
  if (before === undefined || after === undefined) return []
  const names = { rssMb: 'resident memory (MB)', handles: 'open handles', threads: 'threads' } as const
  return (Object.keys(names) as (keyof Vitals)[])
    .filter(key => {
      const most = Math.ceil(before[key] * (1 + TOLERANCE))
      return after[key] > (key === 'rssMb' && isShort ? Math.max(most, before[key] + KEPT_MB) : most)
    })
    .map(key => `${names[key]} grew from ${before[key].toFixed(0)} to ${after[key].toFixed(0)}`)
}

/** Nothing runs any more at the experts, as they see it and as the gateway does. */
export const stillRunning = async (gateway: GatewayProcess, experts: Experts): Promise<string[]> => {
  for (let look = 0; look < 20 && experts.inFlight() > 0; look++) await sleep(250)
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  const held = metrics.match(/^coe_expert_in_flight\{.*\} [1-9]\d*$/gm) ?? []
  return [
    ...(experts.inFlight() > 0 ? [`${experts.inFlight()} requests still run at the experts`] : []),
    ...held.map(line => `the gateway holds a place: ${line}`),
  ]
}

const SWAP_MS = 60_000

/** The last edit was a good one: sooner or later it must be what is served. What is wrong otherwise. */
export const untilServed = async (gateway: GatewayProcess, map: string): Promise<string | undefined> => {
  const until = Date.now() + SWAP_MS
  for (;;) {
    const ready = (await (await fetch(`${gateway.url}/readyz`)).json()) as { status: string; map: string }
    if (ready.status === 'ok' && ready.map === map) return undefined
    if (Date.now() > until) return `/readyz is ${JSON.stringify(ready)} where ${map} is due`
    await sleep(200)
  }
}

type Told = {
  readonly book: Book
  readonly logbook: Logbook
  readonly swaps: Swaps['counts']
  readonly waits: number[]
}

export const printSummary = (say: (line: string) => void, { book, logbook, swaps, waits }: Told) => {
  const outcomes = ['answered', 'refused', 'broken off', 'left', 'wrong'] as const
  const kinds = [...new Set([...book.entries.values()].map(({ kind }) => kind))].sort()
  const row = (cells: readonly (string | number)[]) =>
    say(cells.map((cell, at) => (at === 0 ? String(cell).padEnd(18) : String(cell).padStart(11))).join(''))
  say('')
  row(['request', ...outcomes, 'with faults'])
  for (const kind of kinds) {
    const all = [...book.entries.values()].filter(entry => entry.kind === kind)
    const having = (outcome: string) => all.filter(entry => entry.outcome === outcome).length
    row([kind, ...outcomes.map(having), all.filter(({ faults }) => faults.length > 0).length])
  }
  say(`\nfaults     ${listed(book.faults)}`)
  say(
    `edits      ${swaps.map} maps, ${swaps.context} contexts, ${swaps.broken} broken maps; ${logbook.swaps()} swaps in all`,
  )
  say(`log        ${listed(logbook.counts())}`)
  const sorted = [...waits].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(0)
  say(`waits      whole answers, faults and retries included: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`)
}

const listed = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

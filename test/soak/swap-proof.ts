import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GatewayProcess, startGateway, type Vitals } from './gateway-process.ts'
import { createLogbook } from './logbook.ts'
import { startNamedExperts } from './named-experts.ts'
import { inWords } from './report.ts'
import { createSwapFiles, type SwapFiles } from './swap-files.ts'
import { type Answered, startAskers } from './swap-traffic.ts'

export type Proof = { readonly swaps: number; readonly seconds: number; readonly clients: number }

const KEY = 'soak-admin-key'
/** What grows in the first swaps is warm by then. */
const WARM = 50
const LATEST_MS = 60_000

type Said = (line: string) => void

/** So many swaps in so long under load; what fell short, in words. */
export const proveSwaps = async ({ swaps, seconds, clients }: Proof, say: Said): Promise<string[]> => {
  const experts = await startNamedExperts()
  const files = createSwapFiles(experts.url)
  const logbook = createLogbook()
  const environment = { COE_MAP: files.mapPath, COE_DATA: `${files.folder}/data`, COE_ADMIN_KEY: KEY }
  const gateway = await startGateway({ ...environment, LOG_LEVEL: 'warn' }, logbook.read)
  const expertsOf = new Map([[(await ready(gateway)).snapshot, files.experts()]])
  const askers = startAskers(gateway.url, clients)
  await sleep(2_000)
  await eventLoop(gateway)

  let warm: Vitals | undefined
  const live: number[] = []
  const began = Date.now()
  for (let round = 1; round <= swaps; round++) {
    const due = began + (round * seconds * 1_000) / swaps
    const { ms, version } = await swap(gateway, files, round)
    if (round % 10 !== 0) live.push(ms)
    expertsOf.set(version, files.experts())
    if (round === Math.min(WARM, Math.ceil(swaps / 2))) warm = await calm(gateway)
    if (round % Math.max(1, Math.round(swaps / 10)) === 0)
      say(`${round} swaps, ${askers.answered.length} answers · ${inWords(gateway.vitals())}`)
    await sleep(Math.max(0, due - Date.now()))
  }
  const end = await calm(gateway)
  const delay = await eventLoop(gateway)
  await askers.stop()
  const atRest = await gateway.atRest()
  await gateway.stop()
  experts.close()
  files.remove()

  live.sort((a, b) => a - b)
  say(
    `answers     ${askers.answered.length}, of ${new Set(askers.answered.map(({ snapshot }) => snapshot)).size} snapshots`,
  )
  say(
    `map live    p50 ${at(live, 0.5)} ms, p99 ${at(live, 0.99)} ms after its file was closed, or it was sent`,
  )
  say(`event loop  p99 ${delay.toFixed(1)} ms late`)
  say(`warm        ${inWords(warm)}\nend         ${inWords(end)}\nat rest     ${inWords(atRest)}`)
  return [
    ...wrongIn(askers.answered, expertsOf),
    ...grownSince(warm, end),
    ...(delay > 20 ? [`the event loop was ${delay.toFixed(1)} ms late at p99, more than 20`] : []),
    ...logbook.unexpected(),
  ]
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(0)

const ready = async ({ url }: GatewayProcess) =>
  (await (await fetch(`${url}/readyz`)).json()) as { snapshot: string; map: string }

/** By turns: the file, the API, and now and then the context. Resolves when it is served. */
const swap = async (gateway: GatewayProcess, files: SwapFiles, round: number) => {
  const { snapshot: before } = await ready(gateway)
  const began = performance.now()
  if (round % 10 === 0) appendFileSync(files.contextPath, files.exampleOf(round))
  else if (round % 2 === 0) files.writeMap(round)
  else await put(gateway, before, files.mapOf(round))
  for (;;) {
    const { snapshot } = await ready(gateway)
    if (snapshot !== before) return { version: snapshot, ms: performance.now() - began }
    if (performance.now() - began > LATEST_MS)
      throw new Error(`swap ${round} is not served: ${JSON.stringify(await ready(gateway))}`)
    await sleep(10)
  }
}

const put = async ({ url }: GatewayProcess, version: string, map: object) => {
  const headers = { authorization: `Bearer ${KEY}`, 'if-match': `"${version}"` }
  const body = JSON.stringify({ source: JSON.stringify(map), why: 'soak' })
  const response = await fetch(`${url}/admin/map`, { method: 'PUT', headers, body })
  if (response.status !== 200) throw new Error(`PUT /admin/map: ${response.status} ${await response.text()}`)
}

/** Under load memory goes up and down: the least of some looks. */
const calm = async (gateway: GatewayProcess): Promise<Vitals | undefined> => {
  const looks: Vitals[] = []
  for (let look = 0; look < 8; look++) {
    const vitals = gateway.vitals()
    if (vitals !== undefined) looks.push(vitals)
    await sleep(250)
  }
  return looks.sort((a, b) => a.rssMb - b.rssMb)[0]
}

/** How late the event loop was at p99 since the last look, in milliseconds. */
const eventLoop = async ({ url }: GatewayProcess) => {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return 1_000 * Number(/coe_event_loop_delay_seconds\{quantile="0.99"\} (\S+)/.exec(metrics)?.[1])
}

const wrongIn = (
  answered: readonly Answered[],
  expertsOf: ReadonlyMap<string, readonly string[]>,
): string[] => {
  const failed = answered.filter(({ problem }) => problem !== undefined)
  const strange = answered.filter(
    ({ problem, snapshot, expert, said }) =>
      problem === undefined && (expertsOf.get(snapshot)?.includes(expert) !== true || said !== expert),
  )
  return [
    ...(failed.length === 0 ? [] : [`${failed.length} requests failed, such as: ${failed[0]?.problem}`]),
    ...(strange.length === 0
      ? []
      : [
          `${strange.length} answers are not of their snapshot's map, such as: ${JSON.stringify(strange[0])}`,
        ]),
  ]
}

const grownSince = (warm: Vitals | undefined, end: Vitals | undefined): string[] => {
  if (warm === undefined || end === undefined) return []
  return [
    ...(end.rssMb > 1.2 * warm.rssMb
      ? [`resident memory grew from ${warm.rssMb.toFixed(0)} to ${end.rssMb.toFixed(0)} MB`]
      : []),
    ...(end.threads > warm.threads + 2 ? [`threads grew from ${warm.threads} to ${end.threads}`] : []),
    ...(end.handles > warm.handles * 1.1 + 5 ? [`handles grew from ${warm.handles} to ${end.handles}`] : []),
  ]
}

import { eventsOf } from '../../api/events.ts'
import { type Gateway, messageOf, Refused, wasAborted } from '../../api/gateway.ts'
import type { DecisionPage, DecisionRecord } from '../../api/types.ts'
import { type BoardState, createBoard, everything, type Filter } from './board.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000

export type Feed = {
  filter(by: Filter): void
  pause(on: boolean): void
  close(): void
}

/** The gateway's decisions as they happen, put on a board; connected again, ever more patiently, when it is lost. */
export const createFeed = (gateway: Gateway, draw: (state: BoardState) => void): Feed => {
  const closing = new AbortController()
  const { signal } = closing
  const board = createBoard(draw)
  let by = everything

  const listen = async () => {
    const response = await gateway.open('/decisions/stream', { signal })
    board.tell({ connected: true, problem: undefined })
    // After the stream is open, so that nothing falls between the two.
    await load()
    for await (const { event, data } of eventsOf(response)) {
      if (event === 'lost') board.tell({ lost: board.state().lost + lostIn(data) })
      else if (event === 'decision') board.take(JSON.parse(data) as DecisionRecord)
    }
  }
  const load = async () => {
    const wanted = by
    const query = new URLSearchParams({ limit: '100' })
    for (const [name, value] of Object.entries(wanted)) if (value !== '') query.set(name, value)
    const { decisions } = await gateway.json<DecisionPage>(`/decisions?${query}`, { signal })
    if (wanted === by) board.fill(decisions)
  }
  const failed = (thrown: unknown) => {
    if (!wasAborted(thrown)) board.tell({ problem: messageOf(thrown) })
  }
  const keepListening = async () => {
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const thrown = await listen().catch((thrown: unknown) => thrown ?? new Error('It was cut off.'))
      if (signal.aborted) return
      board.tell({ connected: false })
      if (thrown === undefined) waitMs = FIRST_WAIT_MS
      else failed(thrown)
      // Asking again makes neither a missing route nor a wrong key any better.
      if (thrown instanceof Refused && [401, 403, 404].includes(thrown.status)) return
      await new Promise(resolve => setTimeout(resolve, waitMs))
    }
  }
  void keepListening()
  return {
    filter(wanted) {
      by = wanted
      board.filter(wanted)
      load().catch(failed)
    },
    pause: board.pause,
    close() {
      closing.abort()
      board.close()
    },
  }
}

const lostIn = (data: string): number => {
  const parsed = JSON.parse(data) as { lost?: unknown; count?: unknown } | number
  const told = typeof parsed === 'number' ? parsed : (parsed.lost ?? parsed.count)
  return typeof told === 'number' ? told : 1
}

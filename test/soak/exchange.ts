import { type Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export type Manner = {
  /** Hangs up after so many milliseconds, whatever has come. */
  readonly leaveAfterMs?: number
  /** Takes a piece, waits, takes the next. */
  readonly slow?: boolean
}

export type Result = {
  readonly status: number
  readonly text: string
  readonly end: 'complete' | 'cut' | 'left' | 'hung'
}

const PATIENCE_MS = 60_000

/** One request over a real socket, read to its end in the manner of its client. */
export const exchange = async (
  to: { url: string; agent: Agent; body: object | string },
  manner: Manner = {},
): Promise<Result> => {
  const leaving = new AbortController()
  let why: Result['end'] = 'cut'
  const leave = (because: Result['end']) => () => {
    why = because
    leaving.abort()
  }
  const patience = setTimeout(leave('hung'), PATIENCE_MS)
  const leaves = manner.leaveAfterMs !== undefined && setTimeout(leave('left'), manner.leaveAfterMs)
  let status = 0
  const chunks: Buffer[] = []
  try {
    const response = await send(to, leaving.signal)
    status = response.statusCode ?? 0
    for await (const chunk of response) {
      chunks.push(chunk)
      if (manner.slow) await sleep(20, undefined, { signal: leaving.signal })
    }
    why = 'complete'
  } catch {
    // `why` says it.
  } finally {
    clearTimeout(patience)
    if (leaves) clearTimeout(leaves)
  }
  return { status, text: Buffer.concat(chunks).toString(), end: why }
}

const send = (
  { url, agent, body }: { url: string; agent: Agent; body: object | string },
  signal: AbortSignal,
) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request(url, { method: 'POST', agent, headers, signal }, resolve)
    sent.on('error', reject)
    sent.end(typeof body === 'string' ? body : JSON.stringify(body))
  })

import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { percentile } from './percentile.ts'
import type { Subject } from './subjects.ts'

/** Opens a stream; resolves with its answer's beginning. */
const open = (subject: Subject, body: string) =>
  new Promise<{ sent: ClientRequest; response: IncomingMessage }>((resolve, reject) => {
    const headers = { ...subject.headers, 'content-length': Buffer.byteLength(body) }
    const sent = request(`${subject.url}/v1/chat/completions`, { method: 'POST', headers, agent: false })
    sent.on('error', reject).on('response', response => resolve({ sent, response }))
    sent.end(body)
  })

/** How long chunks are on their way, in ms: each says when its expert let go of it. */
export const chunkDelays = async (subject: Subject, body: string, streams: number): Promise<number[]> => {
  const delays: number[] = []
  await Promise.all(Array.from({ length: streams }, () => followOne(subject, body, delays)))
  return delays
}

const followOne = async (subject: Subject, body: string, delays: number[]) => {
  const { response } = await open(subject, body)
  for await (const chunk of response) {
    const now = process.hrtime.bigint()
    const text = (chunk as Buffer).toString('latin1')
    for (const [, at] of text.matchAll(/"at":"(\d+)"/g)) delays.push(Number(now - BigInt(at as string)) / 1e6)
  }
}

export const delayFigures = (delays: readonly number[]) => ({
  p50: percentile(delays, 0.5),
  p99: percentile(delays, 0.99),
})

/** Streams that have begun and say nothing more. */
export const holdOpen = async (subject: Subject, body: string, count: number) => {
  const held: ClientRequest[] = []
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, () => open(subject, body))
    for (const { sent, response } of await Promise.all(some)) {
      sent.on('error', () => undefined)
      response.on('error', () => undefined).resume()
      held.push(sent)
    }
  }
  return () => {
    for (const sent of held) sent.destroy()
  }
}

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export type Paced = { readonly waits: number[]; readonly failed: number }

export type Asker = {
  /** So many requests a second for so long, whether or not those before have been answered; how long each took. */
  ask(rate: number, seconds: number): Promise<Paced>
  /** So many as fast as they are answered. */
  fill(count: number): Promise<void>
  close(): void
}

/** One question, again and again: decided once and remembered, so that it is the rest that is measured. */
export const createAsker = (url: string, question: string): Asker => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: question }] })
  const once = () =>
    new Promise<{ ms: number; status: number }>(resolve => {
      const began = performance.now()
      const done = (status: number) => resolve({ ms: performance.now() - began, status })
      const headers = { 'content-type': 'application/json' }
      const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, response => {
        response.resume().on('end', () => done(response.statusCode ?? 0))
      })
      sent.on('error', () => done(0))
      sent.end(body)
    })
  return {
    async ask(rate, seconds) {
      const running: Promise<{ ms: number; status: number }>[] = []
      const began = performance.now()
      for (let at = 0; at < rate * seconds; at++) {
        running.push(once())
        const due = began + ((at + 1) * 1_000) / rate
        if (due > performance.now()) await sleep(due - performance.now())
      }
      const all = await Promise.all(running)
      const waits = all.map(({ ms }) => ms).sort((a, b) => a - b)
      return { waits, failed: all.filter(({ status }) => status !== 200).length }
    },
    async fill(count) {
      let left = count
      const one = async () => {
        while (left-- > 0) await once()
      }
      await Promise.all(Array.from({ length: 16 }, one))
    },
    close: () => agent.destroy(),
  }
}

export const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN

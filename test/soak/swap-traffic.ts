import { Agent, request } from 'node:http'
import { questions } from './files.ts'

export type Answered = {
  readonly snapshot: string
  /** Who answered, by the headers and by the answer itself. */
  readonly expert: string
  readonly said: string
  readonly problem?: string
}

export type Askers = { readonly answered: Answered[]; stop(): Promise<void> }

/** So many clients, every other one streaming, each with a connection that it keeps. */
export const startAskers = (url: string, clients: number): Askers => {
  const agent = new Agent({ keepAlive: true })
  const answered: Answered[] = []
  let stopped = false
  const client = async (_: unknown, number: number) => {
    for (let round = number; !stopped; round++) {
      answered.push(await ask(url, agent, questions[round % questions.length] ?? '', number % 2 === 0))
    }
  }
  const running = Array.from({ length: clients }, client)
  return {
    answered,
    async stop() {
      stopped = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

const ask = (url: string, agent: Agent, content: string, stream: boolean) =>
  new Promise<Answered>(resolve => {
    const failed = (problem: string) => resolve({ snapshot: '', expert: '', said: '', problem })
    const headers = { 'content-type': 'application/json' }
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => (text += chunk))
      response.on('error', error => failed(`broken off: ${error.message}`))
      response.on('end', () => {
        if (response.statusCode !== 200) return failed(`${response.statusCode} ${text.slice(0, 300)}`)
        if (stream && !text.includes('data: [DONE]'))
          return failed(`a stream without its end: ${text.slice(-200)}`)
        const said = [...text.matchAll(/"content":"(\w+)"/g)].map(([, part]) => part).join('')
        const { 'x-coe-snapshot': snapshot, 'x-coe-expert': expert } = response.headers
        resolve({ snapshot: String(snapshot), expert: String(expert), said })
      })
    })
    sent.on('error', error => failed(error.message))
    sent.end(JSON.stringify({ model: 'auto', stream, messages: [{ role: 'user', content }] }))
  })

import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyReply } from 'fastify'
import { consolePages, readConsole } from '../../src/http/console.ts'

export const ADMIN_KEY = 'fake-admin-key'

const tasks = ['plan', 'build', 'deploy', 'operate', 'root-cause-analysis']
const experts = ['gemma-2-27b', 'qwen-2.5-72b', 'phi-4', 'runbook']

const served = {
  version: 'a1b2c3d4e5f6',
  name: 'fake',
  source: `name: fake\ncontext: [context.jsonl]\ntasks:\n${tasks.map(id => `  ${id}:\n    description: ${id} work\n`).join('')}`,
  format: 'yaml',
  tasks: tasks.map(id => ({ id, title: id, description: `${id} work`, experts })),
  experts: experts.map(id => ({
    id,
    kind: id === 'runbook' ? 'runbook' : 'openai',
    origin: 'http://127.0.0.1',
  })),
  scores: experts.flatMap((expert, e) =>
    tasks.map((task, t) => {
      const accuracy = ((e * 37 + t * 23) % 45) / 100 + 0.5
      return { expert, task, accuracy, n: 200, lo: accuracy - 0.06, hi: Math.min(1, accuracy + 0.05) }
    }),
  ),
  unknown: experts,
  neighbours: { allowedError: 0.05 },
  classifier: { expert: 'phi-4', use: 'when-unsure' },
  threshold: 0.31,
  warnings: [],
}

const questions = [
  'my pod restarts with exit code 137',
  '<img src=x onerror="document.title=\'broken into\'"> which commit broke the build?',
  '节点磁盘满了怎么清理',
]

export const recordOf = (seq: number) => ({
  seq,
  at: new Date(Date.now() - 10).toISOString(),
  requestId: `request-${seq}`,
  client: 'chatbot',
  endpoint: 'chat/completions',
  stream: seq % 2 === 0,
  status: seq % 29 === 0 ? 502 : 200,
  task: tasks[seq % tasks.length],
  decidedBy: ['neighbours', 'neighbours', 'classifier', 'fallback'][seq % 4],
  confidence: 0.5 + (seq % 50) / 100,
  expert: experts[seq % experts.length],
  tried: seq % 7 === 0 ? [experts[1], experts[seq % experts.length]] : [experts[seq % experts.length]],
  ms: 120 + (seq % 17) * 30,
  overheadMs: 4.2,
  tokens: { prompt: 20, completion: 80 },
  ...(seq % 29 === 0 ? { error: 'experts_failed' } : { outcome: 'complete' }),
  snapshot: served.version,
  question: questions[seq % questions.length],
  questionHash: createHash('sha256').update(String(seq)).digest('hex').slice(0, 16),
  questionChars: 34,
})

const routed = (question: string) => ({
  decision: {
    task: 'operate',
    experts,
    decidedBy: 'classifier',
    confidence: 0.62,
    known: 0.44,
    ranking: tasks.map((task, i) => ({ task, confidence: 0.62 / 2 ** i })),
    neighbours: Array.from({ length: 12 }, (_, i) => ({
      question: questions[i % questions.length],
      task: tasks[(i + 3) % tasks.length],
      similarity: 1.4 - i * 0.07,
      dense: 0.85 - i * 0.03,
      lexical: 0.55 - i * 0.04,
      at: `context.jsonl:${i + 1}`,
    })),
    snapshot: served.version,
  },
  threshold: 0.31,
  question,
  classifier: {
    prompt: { system: 'You sort questions.', user: `Tasks: …\nQuestion: ${question}` },
    reply: '**Task: [operate]**',
    outcome: 'answered',
    ms: 412,
  },
  tookMs: { encode: 4.1, search: 0.6, total: 417 },
})

const minute = (i: number, e: number) => ({
  at: new Date(Date.now() - (60 - i) * 60_000).toISOString(),
  answered: 40 + ((i * 7) % 20),
  failed: e === 1 && i > 40 ? i % 9 : i % 31 === 0 ? 1 : 0,
  p50Ms: 300 + e * 120 + Math.round(90 * Math.sin(i / 5)) + ((i * 13) % 40),
})

const stateOf = (id: string, e: number) => ({
  id,
  kind: id === 'runbook' ? 'runbook' : 'openai',
  ...(id === 'runbook' ? {} : { origin: 'https://models.example.com', model: `vendor/${id}` }),
  breaker: e === 1 ? 'open' : 'closed',
  inFlight: e * 3,
  queued: 0,
  draining: e === 2,
  answered: 2_400 + e,
  failed: e === 1 ? 71 : 2,
  tokens: { prompt: 1, completion: 2 },
  p50Ms: 300 + e * 120,
  p95Ms: 900 + e * 200,
  history: Array.from({ length: 60 }, (_, i) => minute(i, e)),
})

const earlier = served.source.replace('    description: build work\n', '    description: compiling\n')

const versions = ['a1b2c3d4e5f6', '0f1e2d3c4b5a', '99aa88bb77cc'].map((version, i) => ({
  version,
  at: new Date(Date.now() - i * 3_600_000).toISOString(),
  by: ['api', 'file', 'start'][i],
  why: ['gemma was measured again', 'a new task', undefined][i],
  name: served.name,
  tasks: tasks.length,
  experts: experts.length,
  examples: 412,
}))

const move = {
  question: questions[1],
  from: { task: 'build', expert: 'phi-4' },
  to: { task: 'deploy', expert: 'runbook' },
}

const tried = {
  version: 'b2c3d4e5f6a1',
  replaced: false,
  problems: [
    { line: 3, column: 1, severity: 'warning', message: 'a task without examples: it is never found' },
  ],
  changes: {
    experts: { added: ['new-one'], removed: [], changed: [] },
    tasks: { added: [], removed: [], changed: ['build'] },
  },
  accuracy: { before: 0.861, after: 0.874 },
  decisions: { looked: 1_000, moved: 17, examples: [move, move] },
}

const candidate = {
  version: 'b2c3d4e5f6a1',
  mode: 'shadow',
  percent: 0,
  since: new Date(Date.now() - 600_000).toISOString(),
  by: 'api',
  why: 'is the new expert any better?',
  seen: 1_204,
  same: 1_150,
  moved: 54,
  byMove: [{ from: move.from, to: move.to, count: 54 }],
  examples: [move],
}

const examples = Array.from({ length: 60 }, (_, i) => ({
  id: String(i),
  at: `context.jsonl:${i + 1}`,
  question: questions[i % questions.length],
  task: tasks[i % tasks.length],
  lang: 'en',
  reply: i % 3 === 0,
}))

const context = ({ kind }: Record<string, string>) => ({
  examples:
    kind === 'contradictions'
      ? examples
          .slice(0, 9)
          .map((example, i) => ({ ...example, said: tasks[(i + 2) % 5], margin: 0.6 - i / 20 }))
      : examples.slice(0, 50),
  total: kind === 'contradictions' ? 9 : 412,
  tasks: tasks.map((task, i) => ({
    task,
    examples: 80 + i,
    keywords: 2,
    accuracy: 0.8 + i / 40,
  })),
})

/** A fake of the admin API: speaks it, decides nothing. For what a real gateway would take long to show. */
export const startFakeAdmin = async ({ decidesWhenAsked = 0 } = {}) => {
  const app = fastify()
  const streams = new Set<FastifyReply>()
  let seq = 0
  const remembered: ReturnType<typeof recordOf>[] = []
  const decide = (times = 1, part: { readonly question?: string } = {}) => {
    for (let i = 0; i < times; i++) {
      const record = { ...recordOf(++seq), ...part }
      remembered.unshift(record)
      for (const reply of streams) reply.raw.write(`event: decision\ndata: ${JSON.stringify(record)}\n\n`)
    }
    remembered.length = Math.min(remembered.length, 1_000)
  }
  app.register(async scope => consolePages(scope, await readConsole()))
  app.get('/readyz', async () => ({ status: 'ok', snapshot: served.version, map: served.name }))
  app.register(
    async scope => {
      scope.addHook('onRequest', async (request, reply) => {
        if (request.headers.authorization === `Bearer ${ADMIN_KEY}`) return
        return reply
          .code(401)
          .send({ error: { code: 'invalid_api_key', message: 'The admin key is wrong.' } })
      })
      scope.get('/map', async () => served)
      scope.get('/experts', async () => ({ experts: experts.map(stateOf) }))
      scope.get('/maps', async () => ({ current: served.version, maps: versions }))
      scope.get<{ Params: { version: string } }>('/maps/:version', async () => ({ source: earlier }))
      scope.get('/feedback', async () => ({ experts: [], corrections: [] }))
      scope.get('/candidate', async () => candidate)
      scope.put('/map', async () => tried)
      scope.get<{ Querystring: Record<string, string> }>('/context', async ({ query }) =>
        query.kind === 'duplicates'
          ? { groups: [examples.slice(0, 2), examples.slice(3, 5)] }
          : context(query),
      )
      scope.post<{ Body: { question: string } }>('/route', async ({ body }) => routed(body.question))
      scope.get('/decisions', async () => {
        decide(decidesWhenAsked)
        return { decisions: remembered.slice(0, 100) }
      })
      scope.get('/decisions/stream', (request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n')
        streams.add(reply)
        request.raw.socket.once('close', () => streams.delete(reply))
      })
    },
    { prefix: '/admin' },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    decide,
    hangUp: () => {
      for (const reply of streams) reply.raw.destroy()
    },
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type Behaviour,
  type ExpertServer,
  fails,
  hangs,
  resets,
  says,
  sends,
  startExpert,
} from '../support/expert-server.ts'
import { ask, mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { leavingClient } from '../support/leaving-client.ts'

const html = { 'content-type': 'text/html' }
const plainJson = { 'content-type': 'application/json' }
const pod = 'my pod restarts with exit code 137'

afterEach(() => vi.unstubAllEnvs())

/** A gateway whose questions are answered by the built-in expert and classified by whoever is at that address. */
const startJudged = (
  url: string,
  classifier: object = {},
  judge: Record<string, unknown> = {},
  more: object = {},
) => {
  const map = mapOf(
    { runbook: { builtin: 'runbook' }, judge: remote(url, judge) },
    { classifier: { expert: 'judge', use: 'always', ...classifier }, unknown: ['runbook'], ...more },
  )
  for (const task of Object.values(map.tasks)) task.experts = ['runbook']
  return startGateway(map)
}

/** Examples enough for the neighbours to be sure of some questions, and to know that of others they are not. */
const makeSure = async (gateway: RunningGateway) => {
  const things = 'billing search orders users mail stock reports photos login maps chat audio'.split(' ')
  const ways = ['since noon', 'after the upgrade', 'on the new host', 'for the second time']
  const lines = things.flatMap(thing =>
    ways.flatMap((way, i) => [
      { question: `maven cannot resolve the dependency ${thing} ${way}`, task: 'build' },
      { question: `helm rollout of ${thing} is stuck ${way}`, task: 'deploy' },
      { question: `${thing} pod restarts with a full disk ${way}`, task: 'operate' },
      { question: `${thing} looks odd ${way}`, task: ['build', 'deploy', 'operate', 'unknown'][i] },
    ]),
  )
  const text = lines.map(example => JSON.stringify(example)).join('\n')
  await appendFile(join(gateway.folder, 'context.jsonl'), `\n${text}\n`)
  await gateway.reload()
}
const sure = 'maven cannot resolve the dependency billing this morning'
const unsure = 'billing looks odd'

const decided = async (gateway: RunningGateway, question: string, headers: Record<string, string> = {}) => {
  const response = await gateway.post('/v1/chat/completions', ask(question), {
    headers: { 'content-type': 'application/json', ...headers },
  })
  await response.arrayBuffer()
  expect(response.status).toBe(200)
  return { task: response.headers.get('x-coe-task'), by: response.headers.get('x-coe-decided-by') }
}

const calls = async (gateway: RunningGateway) => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  const counted = text.matchAll(/^coe_classifier_calls_total\{outcome="(\w+)"\} (\d+)/gm)
  return Object.fromEntries([...counted].map(([, outcome, count]) => [outcome, Number(count)]))
}

/** As they are told: an outcome that has not come about has no line. */
const withoutZeros = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

const stallsInTheMiddle: Behaviour = (_received, response) => {
  response.writeHead(200, plainJson)
  response.write('{"choices":[{"message":{"con')
}

const inVain: [string, Behaviour, 'failed' | 'unreadable'][] = [
  ['answers 500', fails(500), 'failed'],
  ['answers 429', fails(429, { 'retry-after': '30' }), 'failed'],
  ['does not take the key', fails(401), 'failed'],
  ['refuses every question', fails(400), 'failed'],
  ['leads elsewhere', sends('', { location: 'http://127.0.0.1:1/v1/chat/completions' }, 307), 'failed'],
  ['cuts the connection', resets(), 'failed'],
  ['sends half a JSON', sends('{"choices":[{"mess', plainJson), 'failed'],
  ['sends a web page', sends('<html><body>Task: build</body></html>', html), 'unreadable'],
  ['sends a web page as an error', sends('<html>502</html>', html, 502), 'failed'],
  ['sends no choices', sends('{"choices":[]}', plainJson), 'unreadable'],
  ['sends JSON of another kind', sends('[1, null, "Task: build"]', plainJson), 'unreadable'],
  ['sends null', sends('null', plainJson), 'unreadable'],
  [
    'sends a message without content',
    sends('{"choices":[{"message":{"content":null}}]}', plainJson),
    'unreadable',
  ],
  [
    'sends content that is no text',
    sends('{"choices":[{"message":{"content":[7]}}]}', plainJson),
    'unreadable',
  ],
  ['says nothing', says(''), 'unreadable'],
  ['names a task that there is not', says('**Task: [cooking]**'), 'unreadable'],
  ['refuses to say', says('I am sorry, I cannot help with that.'), 'unreadable'],
]

describe('one after the other', () => {
  let judge: ExpertServer
  let gateway: RunningGateway
  beforeAll(async () => {
    judge = await startExpert()
    gateway = await startJudged(judge.url)
  })
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await judge.close()
  })

  test.each(inVain)(
    'a classifier that %s leaves the neighbours to decide, counted and not remembered',
    async (fault, behaviour, outcome) => {
      // A question of its own: what was decided for another is remembered.
      const question = `${pod}, case ${inVain.findIndex(([other]) => other === fault)}`
      const before = { failed: 0, unreadable: 0, answered: 0, ...(await calls(gateway)) }
      const once = { ...before, [outcome]: before[outcome] + 1 }
      judge.behave(behaviour)
      expect(await decided(gateway, question)).toEqual({ task: 'operate', by: 'fallback' })
      expect(await calls(gateway)).toEqual(withoutZeros(once))
      judge.behave(says('**Task: [build]**'))
      expect(await decided(gateway, question)).toEqual({ task: 'build', by: 'classifier' })
      expect(await calls(gateway)).toEqual(withoutZeros({ ...once, answered: before.answered + 1 }))
    },
  )
})

test.each([
  ['hangs', hangs()],
  ['stalls in the middle of its answer', stallsInTheMiddle],
])('a classifier that %s is hung up on at its deadline, and the neighbours decide', async (_, behaviour) => {
  await using judge = await startExpert(behaviour)
  await using gateway = await startJudged(judge.url, { timeout: '50ms' })
  const arriving = judge.next()
  const began = performance.now()
  expect(await decided(gateway, pod)).toEqual({ task: 'operate', by: 'fallback' })
  // Five seconds is what it has when the map says nothing.
  expect(performance.now() - began).toBeLessThan(4_000)
  await (await arriving).left
  expect(await calls(gateway)).toEqual({ failed: 1 })
  await decided(gateway, pod)
  expect(judge.received).toHaveLength(2)
})

test.each([
  ['hangs', hangs()],
  ['fails', fails(503)],
])(
  'a classifier that %s again and again is left alone, so that questions are not kept waiting',
  async (_, behaviour) => {
    await using judge = await startExpert(behaviour)
    await using gateway = await startJudged(judge.url, { timeout: '50ms' })
    for (let i = 0; i < 5; i++) await decided(gateway, `${pod} ${i}`)
    for (let i = 0; i < 20; i++) expect((await decided(gateway, `${pod} again ${i}`)).by).toBe('fallback')
    expect(judge.received).toHaveLength(5)
    expect(await calls(gateway)).toEqual({ failed: 5, skipped: 20 })
  },
)

test('questions that the classifier finds wrong are their own fault: it goes on being asked about others', async () => {
  await using judge = await startExpert(fails(400))
  await using gateway = await startJudged(judge.url)
  for (let i = 0; i < 8; i++) await decided(gateway, `filtered ${i}`)
  judge.behave(says('Task: build'))
  expect((await decided(gateway, pod)).by).toBe('classifier')
})

test('what the classifier said is remembered, and the same question at once is asked once', async () => {
  await using judge = await startExpert(says('**Task: [deploy]**'))
  await using gateway = await startJudged(judge.url)
  expect(await decided(gateway, pod)).toEqual({ task: 'deploy', by: 'classifier' })
  expect(await decided(gateway, pod)).toEqual({ task: 'deploy', by: 'classifier' })
  expect(judge.received).toHaveLength(1)

  const question = { text: 'disk is full', target: { kind: 'auto' as const }, hop: 1 }
  const signal = new AbortController().signal
  const routed = await gateway.live.use(serving =>
    Promise.all([1, 2, 3].map(() => gateway.pipeline.route(serving, question, signal))),
  )
  expect(routed.map(({ decision }) => decision.task)).toEqual(['deploy', 'deploy', 'deploy'])
  expect(judge.received).toHaveLength(2)
})

test('it is asked always, never, or when the neighbours are unsure, as the map says', async () => {
  await using judge = await startExpert(says('Task: deploy'))
  const asked = async (use: string) => {
    await using gateway = await startJudged(judge.url, { use })
    await makeSure(gateway)
    return [(await decided(gateway, sure)).by, (await decided(gateway, unsure)).by]
  }
  expect(await asked('never')).toEqual(['neighbours', 'fallback'])
  expect(judge.received).toHaveLength(0)
  expect(await asked('when-unsure')).toEqual(['neighbours', 'classifier'])
  expect(judge.received).toHaveLength(1)
  expect(await asked('always')).toEqual(['classifier', 'classifier'])
  expect(judge.received).toHaveLength(3)
})

test('who always asks and asks in vain has a fallback, which is not remembered, however sure the neighbours are', async () => {
  await using judge = await startExpert(fails(500))
  await using gateway = await startJudged(judge.url)
  await makeSure(gateway)
  expect(await decided(gateway, sure)).toEqual({ task: 'build', by: 'fallback' })
  await decided(gateway, sure)
  expect(judge.received).toHaveLength(2)
})

test('who leaves while the question is classified cancels that call at once, and teaches nothing', async () => {
  await using judge = await startExpert(hangs())
  await using gateway = await startJudged(judge.url)
  const waits: number[] = []
  for (let i = 0; i < 6; i++) {
    const arriving = judge.next()
    const client = leavingClient(gateway, ask(pod, { stream: i % 2 === 0 }))
    const call = await arriving
    const began = performance.now()
    client.leave()
    await call.left
    waits.push(performance.now() - began)
  }
  // The machine's own hiccups are not the promise's: the quickest counts.
  expect(Math.min(...waits)).toBeLessThan(50)
  expect(await calls(gateway)).toEqual({})
  judge.behave(says('Task: build'))
  expect(await decided(gateway, pod)).toEqual({ task: 'build', by: 'classifier' })
})

test('one of two who ask the same leaves: the call goes on for the other', async () => {
  await using judge = await startExpert(hangs())
  await using gateway = await startJudged(judge.url)
  const question = { text: pod, target: { kind: 'auto' as const }, hop: 1 }
  const leaver = new AbortController()
  let finish: () => void = () => undefined
  judge.behave((received, response) => {
    finish = () => says('Task: build')(received, response)
  })
  const arriving = judge.next()
  await gateway.live.use(async serving => {
    const left = gateway.pipeline.route(serving, question, leaver.signal)
    const stayed = gateway.pipeline.route(serving, question, new AbortController().signal)
    const refused = expect(left).rejects.toBeDefined()
    await arriving
    leaver.abort()
    await refused
    finish()
    expect((await stayed).decision).toMatchObject({ task: 'build', decidedBy: 'classifier' })
  })
})

test('it has places of its own: a classifier that hangs keeps nobody from the same expert', async () => {
  await using judge = await startExpert(hangs())
  await using gateway = await startJudged(judge.url, { timeout: '5s' }, { concurrency: 1 })
  const arriving = judge.next()
  const waiting = leavingClient(gateway, ask(pod))
  const call = await arriving
  judge.behave(says('I answer'))
  const response = await gateway.post('/v1/chat/completions', ask('hello', { model: 'expert/judge' }))
  expect(await response.text()).toContain('I answer')
  waiting.leave()
  await call.left
})

test('no more are classified at once than the expert takes', async () => {
  let running = 0
  let most = 0
  await using judge = await startExpert((received, response) => {
    most = Math.max(most, ++running)
    setImmediate(() => {
      running--
      says('Task: build')(received, response)
    })
  })
  await using gateway = await startJudged(judge.url, {}, { concurrency: 2 })
  const all = await Promise.all(Array.from({ length: 12 }, (_, i) => decided(gateway, `${pod} ${i}`)))
  expect(all.every(({ by }) => by === 'classifier')).toBe(true)
  expect(most).toBeLessThanOrEqual(2)
})

test('the call counts its hops, and the key goes to its own endpoint and nowhere else', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-environment')
  vi.stubEnv('OPENAI_ORG_ID', 'org-environment')
  vi.stubEnv('OPENAI_PROJECT_ID', 'proj-environment')
  await using elsewhere = await startExpert(says('Task: build'))
  await using expert = await startExpert(says('fine'))
  await using judge = await startExpert(says('Task: build'))
  const map = mapOf(
    { a: remote(expert.url, { key: 'sk-a' }), judge: remote(judge.url, { key: 'sk-judge' }) },
    { classifier: { expert: 'judge', use: 'always' } },
  )
  await using gateway = await startGateway(map)
  await decided(gateway, pod)
  await decided(gateway, `${pod} again`, { 'x-coe-hop': '2', authorization: 'Bearer sk-client' })
  expect(judge.received.map(({ headers }) => headers['x-coe-hop'])).toEqual(['1', '3'])
  expect(judge.received.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer sk-judge',
    'Bearer sk-judge',
  ])
  expect(new Set(expert.received.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer sk-a']),
  )
  judge.behave(sends('', { location: `${elsewhere.url}/chat/completions` }, 307))
  await decided(gateway, `${pod} elsewhere`)
  expect(elsewhere.received).toHaveLength(0)
  expect(JSON.stringify(judge.received.map(({ headers }) => headers))).not.toMatch(
    /environment|sk-client|sk-a/,
  )
  expect(gateway.logged.join('')).not.toContain('sk-')
})

test('without a key none is sent', async () => {
  await using judge = await startExpert(says('Task: build'))
  await using gateway = await startJudged(judge.url)
  await decided(gateway, pod)
  expect(judge.received[0]?.headers.authorization).toBeUndefined()
})

const formOf = ({ body }: { body: { max_tokens?: number; response_format?: object } }) =>
  `${body.response_format ? 'schema' : ''}${body.max_tokens ? '+limits' : ''}` || 'plain'

test('an endpoint that can is held to the tasks of the map', async () => {
  await using judge = await startExpert(says('{"task":"unknown"}'))
  await using gateway = await startJudged(judge.url, {}, { structured: true })
  expect(await decided(gateway, pod)).toEqual({ task: 'unknown', by: 'classifier' })
  expect(judge.received[0]?.body.response_format).toEqual({
    type: 'json_schema',
    json_schema: {
      name: 'task',
      strict: true,
      schema: {
        type: 'object',
        properties: { task: { type: 'string', enum: ['build', 'deploy', 'operate', 'unknown'] } },
        required: ['task'],
        additionalProperties: false,
      },
    },
  })
})

test.each([
  ['everything', () => false, ['schema+limits']],
  ['no limits', (form: string) => form.includes('limits'), ['schema+limits', 'schema']],
  ['no schema', (form: string) => form.includes('schema'), ['schema+limits', 'schema', '+limits']],
  ['neither', (form: string) => form !== 'plain', ['schema+limits', 'schema', '+limits', 'plain']],
])('an endpoint that takes %s is asked the way that worked from then on', async (_, refuses, forms) => {
  for (const status of [400, 422]) {
    await using judge = await startExpert((received, response) =>
      (refuses(formOf(received)) ? fails(status) : says('Task: build'))(received, response),
    )
    await using gateway = await startJudged(judge.url, {}, { structured: true })
    expect((await decided(gateway, pod)).by).toBe('classifier')
    expect((await decided(gateway, `${pod} again`)).by).toBe('classifier')
    expect(judge.received.map(formOf)).toEqual([...forms, forms.at(-1)])
  }
})

test('a question that is refused in every form does not cost the others their form', async () => {
  await using judge = await startExpert(fails(400))
  await using gateway = await startJudged(judge.url, {}, { structured: true })
  expect((await decided(gateway, 'a filtered question')).by).toBe('fallback')
  expect(judge.received).toHaveLength(4)
  judge.behave(says('{"task":"build"}'))
  await decided(gateway, pod)
  expect(formOf(judge.received[4]!)).toBe('schema+limits')
})

test('an expert that does not say it can is not asked for a schema', async () => {
  await using judge = await startExpert(says('Task: build'))
  await using gateway = await startJudged(judge.url)
  await decided(gateway, pod)
  expect(judge.received.map(formOf)).toEqual(['+limits'])
})

test('both prompts come from files: with the neighbours and their tasks, or without', async () => {
  await using judge = await startExpert(says('Task: build'))
  for (const context of [true, false]) {
    await using gateway = await startJudged(judge.url, { context })
    await decided(gateway, 'helm upgrade hangs\nA. roll back\nB. wait')
    const [system, user] = judge.received.at(-1)!.body.messages
    expect(system.content).toContain('- build: compiling\n- deploy: rolling out\n')
    expect(user.content).toContain('<question>\nhelm upgrade hangs\nA. roll back\nB. wait\n</question>')
    expect(user.content.includes('<example task="deploy">helm upgrade is stuck')).toBe(context)
    expect(user.content).not.toMatch(/0\.\d|%/)
  }
})

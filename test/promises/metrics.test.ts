import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { watchTurns } from '../support/cpu.ts'
import { fails, says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, root, startGateway } from '../support/gateway.ts'

test('what happened can be read from /metrics: requests, decisions, failures of experts, the snapshot', async () => {
  await using broken = await startExpert(fails(503))
  await using good = await startExpert(says('fine'))
  await using gateway = await startGateway(mapOf({ a: remote(broken.url), b: remote(good.url) }))
  await (await gateway.post('/v1/chat/completions', ask('disk is full', { model: 'task/operate' }))).text()
  await (await gateway.post('/v1/chat/completions', ask('x', { model: 'nope' }))).text()
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  const { version } = gateway.live.current().snapshot
  for (const line of [
    'coe_requests_total{endpoint="chat/completions",status="200"} 1',
    'coe_decisions_total{task="operate",expert="a",decided_by="pinned",remembered="false"} 1',
    'coe_expert_failures_total{expert="a",code="expert_unavailable"} 1',
    'coe_expert_seconds_count{expert="b"} 1',
    'coe_overhead_seconds_count 1',
    `coe_snapshot_info{version="${version}",map="test",encoder="lexical",index="none"} 1`,
    'coe_snapshot_failed 0',
    'coe_expert_breaker_open{expert="a"} 0',
  ]) {
    expect(metrics).toContain(line)
  }
  for (const name of [
    'coe_event_loop_delay_seconds',
    'coe_snapshot_age_seconds',
    'process_resident_memory_bytes',
  ]) {
    expect(metrics).toContain(name)
  }
})

test('the log has one line an answer with the decision, and no text of the question unless it is asked for', async () => {
  await using expert = await startExpert()
  for (const wanted of ['false', 'true']) {
    await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), { LOG_QUESTIONS: wanted })
    await (await gateway.post('/v1/chat/completions', ask('planted-question about a full disk'))).text()
    const answered = gateway.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
    expect(answered).toHaveLength(1)
    expect(answered[0]).toMatchObject({ status: 200, expert: 'a', decidedBy: expect.any(String) })
    expect(answered[0].questionChars).toBe(wanted === 'true' ? undefined : 34)
    expect(gateway.logged.join('').includes('planted-question')).toBe(wanted === 'true')
  }
})

test('what of a new question was the encoder is in its log line and its record, and of a remembered one nothing', async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), {
    COE_ENCODER: 'minilm',
    COE_ADMIN_KEY: 'an-admin-key-of-tests',
  })
  for (let time = 0; time < 2; time++) {
    await (await gateway.post('/v1/chat/completions', ask('where would you begin to look?'))).text()
  }
  const lines = gateway.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
  const headers = { authorization: 'Bearer an-admin-key-of-tests' }
  const told = await fetch(`${gateway.url}/admin/decisions`, { headers })
  const { decisions } = (await told.json()) as { decisions: { encodeMs?: number }[] }
  expect(lines.map(line => line.encodeMs > 0 && line.encodeMs < line.overheadMs)).toEqual([true, false])
  expect(decisions[1]?.encodeMs).toBe(lines[0].encodeMs)
  expect(decisions[0]).not.toHaveProperty('encodeMs')
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('coe_encode_seconds_count 1')
})

test("every field of an answer's line in the log is told of in docs/operating.md", async () => {
  await using expert = await startExpert()
  await using gateway = await startGateway(mapOf({ a: remote(expert.url) }), { COE_API_KEYS: 'me:secret' })
  const authorization = 'Bearer secret'
  const headers = { 'content-type': 'application/json', authorization }
  for (const body of [ask('disk is full'), ask('disk is full', { stream: true }), { model: 'nope' }]) {
    await (await gateway.post('/v1/chat/completions', body, { headers })).text()
  }
  const answered = gateway.logged.map(line => JSON.parse(line)).filter(line => line.msg === 'answered')
  const documented = await readFile(join(root, 'docs/operating.md'), 'utf8')
  const fields = new Set(answered.flatMap(line => Object.keys(line)))
  expect([...fields].filter(field => !documented.includes(`\`${field}\``))).toEqual([])
  expect(fields.size).toBeGreaterThan(18)
})

test('preparing and swapping a context does not hold up the event loop', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const lines = Array.from({ length: 3_000 }, (_, i) =>
    JSON.stringify({
      question: `question number ${i} about thing ${i % 97} and part ${i % 31}`,
      task: ['build', 'deploy', 'operate'][i % 3],
    }),
  )
  const turns = watchTurns()
  await appendFile(join(gateway.folder, 'context.jsonl'), `${lines.join('\n')}\n`)
  await gateway.reload()
  expect(gateway.live.current().snapshot.examples).toHaveLength(3_020)
  expect(turns.percentile(99)).toBeLessThan(50)
})

test('an event loop that has time is not called late, and one that was held up is, by as long', async () => {
  await using gateway = await startGateway(mapOf({ runbook: { builtin: 'runbook' } }))
  const late = async (quantile: string) => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    return Number(metrics.split(`coe_event_loop_delay_seconds{quantile="${quantile}"} `)[1]?.split('\n')[0])
  }
  const looks = monitorEventLoopDelay({ resolution: 10 })
  looks.enable()
  await late('1')
  await new Promise(resolve => setTimeout(resolve, 200))
  // Of the ten milliseconds between two looks nothing is lateness, on however busy a machine.
  expect(await late('0.5')).toBeLessThan(looks.percentile(50) / 1e9 - 0.005)
  // A scrape begins anew, with the next look.
  await new Promise(resolve => setTimeout(resolve, 50))
  const until = performance.now() + 150
  while (performance.now() < until);
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(await late('1')).toBeGreaterThan(0.13)
})

import { expect, test } from 'vitest'
import { says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, userFolder } from '../support/gateway.ts'
import { startServe as start } from '../support/serve.ts'

test('SIGTERM lets a running answer finish, takes no new one, and ends with 0', async () => {
  let finish = () => undefined as unknown
  await using expert = await startExpert((received, response) => {
    finish = () => says('finished')(received, response)
  })
  const { mapPath } = await userFolder(mapOf({ a: remote(expert.url) }))
  const gateway = await start(mapPath)
  const arriving = expert.next()
  const answer = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ask('disk is full')),
  })
  await arriving
  gateway.child.kill('SIGTERM')
  while (!gateway.errors().includes('SIGTERM')) await new Promise(resolve => setTimeout(resolve, 5))
  while (
    await fetch(`${gateway.url}/healthz`).then(
      () => true,
      () => false,
    )
  )
    await new Promise(resolve => setTimeout(resolve, 5))
  finish()
  const response = await answer
  expect(await response.text()).toContain('finished')
  expect(await gateway.ended).toEqual([0, null])
})

test('a taken port, a bad variable and a bad map each end with 2 and a sentence, not a stack', async () => {
  const { mapPath } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  const first = await start(mapPath)
  const port = new URL(first.url).port
  const failure = (given: string, environment: Record<string, string>) =>
    start(given, environment).then(
      () => 'started',
      (error: Error) => error.message,
    )
  expect(await failure(mapPath, { PORT: port })).toMatch(
    /ended with 2: [\s\S]*Port \d+ on 127.0.0.1 is taken/,
  )
  expect(await failure(mapPath, { PORT: 'eighty', LOG_LEVEL: 'loud' })).toMatch(
    /ended with 2: [\s\S]*PORT[\s\S]*LOG_LEVEL|LOG_LEVEL[\s\S]*PORT/,
  )
  expect(await failure('/nowhere/map.yaml', {})).toMatch(
    /ended with 2: \/nowhere\/map.yaml:1:1: cannot be read/,
  )
  expect(await failure(mapPath, { COE_ENCODER: 'minilm', COE_MODELS: '/nowhere' })).toMatch(
    /ended with 2: [\s\S]*MiniLM cannot be loaded/,
  )
  first.child.kill('SIGTERM')
  await first.ended
})

test('without the model it serves with the lexical encoder, says so at the start and in /readyz', async () => {
  const { mapPath } = await userFolder(mapOf({ runbook: { builtin: 'runbook' } }))
  const gateway = await start(mapPath, { COE_ENCODER: 'auto', COE_MODELS: '/nowhere' })
  expect(gateway.out()).toMatch(/encoder +lexical only +!! MiniLM cannot be loaded from \/nowhere/)
  const ready = (await (await fetch(`${gateway.url}/readyz`)).json()) as object
  expect(ready).toMatchObject({ status: 'degraded', encoder: 'lexical' })
  gateway.child.kill('SIGTERM')
  await gateway.ended
})

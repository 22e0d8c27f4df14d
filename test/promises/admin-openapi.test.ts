import { expect, test } from 'vitest'
import { z } from 'zod'
import { ADMIN_KEY, operator } from '../support/admin.ts'
import { json, mapOf, startGateway } from '../support/gateway.ts'

const schema = z.record(z.string(), z.unknown())
const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema }),
  ),
  requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema }) }) }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: schema.optional() })),
})
const document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation),
  ),
})

test('the API describes itself: every route that answers is in it, with what it takes and gives', async () => {
  const map = mapOf({ runbook: { builtin: 'runbook' } })
  await using gateway = await startGateway(map, { COE_ADMIN_KEY: ADMIN_KEY })
  const { send, get } = operator(gateway)
  const { paths } = document.parse(await get('/openapi.json'))
  const { error } = await json(send('GET', '/nothing'))
  const there = error.message.split('There is: ')[1]
  const listed = [...there.matchAll(/([A-Z]+) \/admin(\/[^\s,]*[^\s,.])/g)].map(
    ([, method = '', path = '']) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  )
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
  )
  expect(listed.length).toBeGreaterThan(12)
  expect(described.sort()).toEqual(listed.sort())
  const ids = Object.values(paths).flatMap(methods => Object.values(methods).map(one => one?.operationId))
  expect(new Set(ids).size).toBe(ids.length)
  expect(paths['/map']?.put?.requestBody?.content['application/json'].schema).toMatchObject({
    required: ['source'],
    properties: { source: { type: 'string' }, why: { maxLength: 500 } },
  })
  expect(paths['/decisions']?.get?.parameters.map(({ name }) => name)).toContain('decidedBy')
  expect(paths['/maps/{version}']?.get?.parameters[0]).toMatchObject({ name: 'version', in: 'path' })
})

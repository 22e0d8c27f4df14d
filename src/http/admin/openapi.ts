import { z } from 'zod'
import { errorAnswer } from './answers.ts'
import { type AdminRoute, get } from './route.ts'

/** The description of the API, from the very schemas that requests are read with. */
export const openApiRoute = (routes: readonly AdminRoute[]): AdminRoute => {
  const describedAs = { path: '/openapi.json', method: 'GET' as const, summary: 'This description' }
  const all = [...routes, { ...describedAs, handle: () => undefined }]
  let document: object | undefined
  return get(
    '/openapi.json',
    () => {
      document ??= documentOf(all)
      return document
    },
    describedAs,
  )
}

const documentOf = (routes: readonly AdminRoute[]) => ({
  openapi: '3.1.0',
  info: {
    title: 'coe-ops admin API',
    version: '1',
    description: 'For operators: the map and its history, decisions, experts and context.',
  },
  servers: [{ url: '/admin' }],
  security: [{ adminKey: [] }],
  paths: Object.fromEntries(
    [...new Set(routes.map(({ path }) => path))].map(path => [
      path.replace(/:(\w+)/g, '{$1}'),
      Object.fromEntries(
        routes
          .filter(route => route.path === path)
          .map(route => [route.method.toLowerCase(), operationOf(route)]),
      ),
    ]),
  ),
  components: {
    securitySchemes: { adminKey: { type: 'http', scheme: 'bearer', description: 'COE_ADMIN_KEY' } },
    schemas: { Error: schemaOf(errorAnswer, 'output') },
  },
})

const operationOf = ({ path, method, summary, query, body, answers, type }: AdminRoute) => ({
  operationId: `${method.toLowerCase()}${path.replace(/[^a-z]+(.)/gi, (_, next: string) => next.toUpperCase())}`,
  ...(summary === undefined ? {} : { summary }),
  parameters: [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(query === undefined ? [] : queryOf(query)),
  ],
  ...(body === undefined
    ? {}
    : { requestBody: { content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
  responses: {
    200: {
      description: 'Done.',
      content: {
        [type ?? 'application/json']: { schema: answers === undefined ? {} : schemaOf(answers, 'output') },
      },
    },
    default: {
      description: 'What is wrong, and where.',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  },
})

const queryOf = (query: z.ZodType) => {
  const { properties = {}, required = [] } = schemaOf(query, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

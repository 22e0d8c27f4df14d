import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { InvalidFilesError } from '../../knowledge/problem.ts'
import { note } from '../account.ts'
import { type Bodies, bytesOf } from '../bodies.ts'
import { clientSignal } from '../client-signal.ts'
import { fromFastify } from '../openai/envelope.ts'
import { type Body, parseBody, read } from '../openai/request.ts'
import { type CandidateDeps, candidateRoutes } from './candidate.ts'
import { type ContextDeps, contextRoutes } from './context.ts'
import { type DecisionDeps, decisionRoutes } from './decisions.ts'
import { type ExpertDeps, expertRoutes } from './experts.ts'
import { type ExplainDeps, explainRoutes } from './explain.ts'
import { type FeedbackDeps, feedbackRoutes } from './feedback.ts'
import { createAdminDoor } from './key.ts'
import { type MapDeps, mapRoutes } from './map.ts'
import { openApiRoute } from './openapi.ts'
import { problemsFrom } from './problems.ts'
import type { AdminRoute } from './route.ts'

export type AdminDeps = ExpertDeps &
  MapDeps &
  DecisionDeps &
  ExplainDeps &
  CandidateDeps &
  FeedbackDeps &
  ContextDeps & { readonly adminKey: string | undefined; readonly bodies: Pick<Bodies, 'read' | 'check'> }

/** The operators' side, behind a key of its own: a scope with its own door, errors and table of routes. */
export const adminApi = async (app: FastifyInstance, deps: AdminDeps) => {
  const letIn = createAdminDoor(deps.adminKey)
  const rows = [
    ...mapRoutes(deps),
    ...explainRoutes(deps),
    ...decisionRoutes(deps),
    ...expertRoutes(deps),
    ...contextRoutes(deps),
    ...candidateRoutes(deps),
    ...feedbackRoutes(deps),
  ]
  const routes = [...rows, openApiRoute(rows)]

  app.setErrorHandler((error, request, reply) => sendAdminError(request, reply, error, deps.mapPath))
  app.addHook('onRequest', async (request, reply) => {
    letIn(request)
    deps.bodies.check(request, reply)
  })
  app.addHook('preClose', async () => {
    for (const route of routes) route.close?.()
  })
  app.setNotFoundHandler(request => {
    const list = routes.map(({ method, path }) => `${method} /admin${path}`).join(', ')
    throw new GatewayError(
      'not_found',
      `There is no ${request.method} ${pathOf(request)}. There is: ${list}.`,
    )
  })
  // Whatever its content type says: `curl -d` names another one.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', deps.bodies.read)
  for (const route of routes) serve(app, route)
}

const serve = (app: FastifyInstance, { method, path, query, body, handle }: AdminRoute) =>
  app.route<{ Params: Record<string, string>; Querystring: Record<string, string> }>({
    method,
    url: path,
    // HEAD would open a stream that nobody reads.
    exposeHeadRoute: false,
    handler: async (request, reply) =>
      await handle({
        params: request.params,
        query:
          query === undefined
            ? request.query
            : (read(query, partsOf(request.query)) as Record<string, string>),
        headers: request.headers,
        body: body === undefined ? undefined : read(body, bodyOf(request)),
        log: request.log,
        ip: request.ip,
        signal: clientSignal(reply),
        header: (name, value) => void reply.header(name, value),
      }),
  })

const NOTHING = Buffer.alloc(0)
const partsOf = (value: unknown): Body => ({ value, bytes: NOTHING })

/** No body says as much as an empty one. A bare map is the source of one. */
const bodyOf = (request: FastifyRequest): Body => {
  const bytes = bytesOf(request)
  if (bytes.length === 0) return partsOf({})
  const isYaml = /^(application|text)\/(x-)?yaml\b/i.test(request.headers['content-type'] ?? '')
  return isYaml ? partsOf({ source: bytes.toString('utf8') }) : parseBody(bytes)
}

const pathOf = (request: FastifyRequest) => request.url.split('?')[0]

const sendAdminError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown, mapPath: string) => {
  const error = thrown instanceof InvalidFilesError ? notUsable(thrown) : fromFastify(thrown)
  const { retryAfterMs } = error.details
  note(request, { error: error.code })
  if (error.code === 'internal') request.log.error({ err: error }, 'request failed')
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer')
  if (retryAfterMs !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  return reply.code(error.status).send({
    error: { code: error.code, message: error.message },
    ...(thrown instanceof InvalidFilesError ? { problems: problemsFrom(thrown.problems, mapPath) } : {}),
  })
}

const notUsable = (error: InvalidFilesError) =>
  new GatewayError('not_usable', `This cannot be served, and nothing was changed.\n${error.message}`)

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { note } from '../account.ts'
import { fromFastify } from '../openai/envelope.ts'
import { parseBody, read } from '../openai/request.ts'
import { type CandidateDeps, candidateRoutes } from './candidate.ts'
import { type ExpertDeps, expertRoutes } from './experts.ts'
import { type FeedbackDeps, feedbackRoutes } from './feedback.ts'
import { createAdminDoor } from './key.ts'
import type { AdminRoute } from './route.ts'

export type AdminDeps = ExpertDeps & CandidateDeps & FeedbackDeps & { readonly adminKey: string | undefined }

/** The operators' side, behind a key of its own: a scope with its own door, errors and table of routes. */
export const adminApi = async (app: FastifyInstance, deps: AdminDeps) => {
  const letIn = createAdminDoor(deps.adminKey)
  const routes = [...expertRoutes(deps), ...candidateRoutes(deps), ...feedbackRoutes(deps)]

  app.setErrorHandler((error, request, reply) => sendAdminError(request, reply, error))
  app.addHook('onRequest', async request => letIn(request))
  app.setNotFoundHandler(request => {
    const list = routes.map(({ method, path }) => `${method} /admin${path}`).join(', ')
    throw new GatewayError(
      'not_found',
      `There is no ${request.method} ${pathOf(request)}. There is: ${list}.`,
    )
  })
  // Whatever its content type says: `curl -d` names another one.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  for (const route of routes) serve(app, route)
}

const serve = (app: FastifyInstance, { method, path, body, handle }: AdminRoute) =>
  app.route<{ Params: Record<string, string>; Querystring: Record<string, string> }>({
    method,
    url: path,
    handler: async request =>
      await handle({
        params: request.params,
        query: request.query,
        headers: request.headers,
        body: body === undefined ? undefined : read(body, bodyOf(request)),
        log: request.log,
      }),
  })

/** No body says as much as an empty one. */
const bodyOf = ({ body }: FastifyRequest) =>
  Buffer.isBuffer(body) && body.length > 0 ? parseBody(body) : { value: {}, bytes: Buffer.alloc(0) }

const pathOf = (request: FastifyRequest) => request.url.split('?')[0]

const sendAdminError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown) => {
  const error = fromFastify(thrown)
  const { retryAfterMs } = error.details
  note(request, { error: error.code })
  if (error.code === 'internal') request.log.error({ err: error }, 'request failed')
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer')
  if (retryAfterMs !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  return reply.code(error.status).send({ error: { code: error.code, message: error.message } })
}

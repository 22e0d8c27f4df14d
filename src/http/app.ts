import { randomUUID } from 'node:crypto'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { GatewayError } from '../errors.ts'
import { type ApiKey, createDoor } from './access.ts'
import { accountOf } from './account.ts'
import { type AdminDeps, adminApi } from './admin/admin.ts'
import { sendError } from './openai/envelope.ts'
import { type OpenAiDeps, openAiApi } from './openai/routes.ts'
import { type ProbeDeps, probes } from './probes.ts'

export type AppDeps = OpenAiDeps &
  AdminDeps &
  ProbeDeps & {
    readonly logger: FastifyBaseLogger
    readonly apiKeys: readonly ApiKey[]
    readonly bodyLimitBytes: number
    readonly isClosing: () => boolean
  }

/** A client's own request id is kept if it can stand in a header and a log line. */
const requestId = (given: string | string[] | undefined) =>
  typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()

const isProbe = (request: FastifyRequest) =>
  ['/healthz', '/readyz', '/metrics'].includes(request.routeOptions.url ?? '')

/** The door as a whole: scopes and hooks in their order. Listening is somebody else's. */
export const createApp = (deps: AppDeps): FastifyInstance => {
  const app = fastify({
    loggerInstance: deps.logger,
    // One line a request is written by the listener of events, with the decision in it.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: deps.bodyLimitBytes,
    genReqId: request => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 500 },
    // Ends idle connections and lets busy ones finish: what a shutdown wants.
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(request, reply, error),
  })
  const letIn = createDoor(deps.apiKeys)

  app.setErrorHandler((error, request, reply) => sendError(request, reply, error))
  app.setNotFoundHandler((request, reply) => {
    const error = new GatewayError(
      'not_found',
      `There is no ${request.method} ${request.url.split('?')[0]} here. OpenAI's API is under /v1.`,
    )
    return sendError(request, reply, error)
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    // Not `onResponse`, which is never called for a client that has left.
    reply.raw.once('close', () => setImmediate(over, request, reply))
  })
  const over = (request: FastifyRequest, reply: FastifyReply) => {
    if (!isProbe(request)) deps.events.answered(accountOf(request, reply))
    // A client that keeps its connection for later would otherwise hold up a shutdown until it times out.
    if (deps.isClosing()) app.server.closeIdleConnections()
  }
  app.register(async scope => probes(scope, deps))
  app.register(async scope => adminApi(scope, deps), { prefix: '/admin' })
  app.register(
    async scope => {
      scope.addHook('onRequest', async request => letIn(request))
      await openAiApi(scope, deps)
    },
    { prefix: '/v1' },
  )
  return app
}

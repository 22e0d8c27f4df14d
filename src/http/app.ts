import { randomUUID } from 'node:crypto'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { GatewayError } from '../errors.ts'
import type { Tracing } from '../observe/trace.ts'
import { createDoor, type DoorDeps } from './access/door.ts'
import { accountOf } from './account.ts'
import { type AdminDeps, adminApi } from './admin/admin.ts'
import { createAdmission } from './admission.ts'
import { createBodies } from './bodies.ts'
import { closeWithConnection } from './client-signal.ts'
import { type ConsoleFiles, consolePages } from './console.ts'
import { type Limits, limitConnections, serverOptions } from './limits.ts'
import { answerMalformed } from './malformed.ts'
import { sendError } from './openai/envelope.ts'
import { type OpenAiDeps, openAiApi } from './openai/routes.ts'
import { type ProbeDeps, probes } from './probes.ts'
import { beginTrace, endTrace } from './trace.ts'

export type AppDeps = Omit<OpenAiDeps, 'bodies'> &
  Omit<AdminDeps, 'bodies'> &
  ProbeDeps &
  DoorDeps & {
    readonly logger: FastifyBaseLogger
    readonly limits: Limits
    readonly console: ConsoleFiles
    readonly isClosing: () => boolean
    readonly tracing: Tracing | undefined
  }

/** A client's own request id is kept if it can stand in a header and a log line. */
const requestId = (given: string | string[] | undefined) =>
  typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()

/** Machines that look, and the console's files: nothing that was asked of the gateway. */
const isProbe = (request: FastifyRequest) =>
  ['/healthz', '/readyz', '/metrics', '/console', '/console/*'].includes(request.routeOptions.url ?? '')

const nothingAt = ({ method, url }: FastifyRequest) =>
  new GatewayError('not_found', `There is no ${method} ${url.split('?')[0]} here. OpenAI's API is under /v1.`)

/** Where nobody is told what there is before the key is shown. */
const isAdmin = ({ url }: FastifyRequest) => /^\/admin(?:[/?]|$)/.test(url)

/** The door as a whole: scopes and hooks in their order. Listening is somebody else's. */
export const createApp = (deps: AppDeps): FastifyInstance => {
  const { limits, events } = deps
  const admission = createAdmission({ limits, events })
  const bodies = createBodies(limits, () => admission.refused('bodies'))
  const app = fastify({
    ...serverOptions(limits),
    loggerInstance: deps.logger,
    // One line a request is written by the listener of events, with the decision in it.
    logController: new LogController({ disableRequestLogging: true }),
    // Whoever logs says which request it is; a logger of its own for each would be made for nothing.
    childLoggerFactory: logger => logger,
    genReqId: request => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 500 },
    // Ends idle connections and lets busy ones finish: what a shutdown wants.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendError(request, reply, error),
    clientErrorHandler: answerMalformed(admission.refused),
  })
  const letIn = createDoor(deps)
  limitConnections(app.server, limits.connections, admission.refused)
  // `bodies.check` tells a client to go on, once it is known that its body is wanted.
  app.server.on('checkContinue', (request, response) => app.server.emit('request', request, response))
  app.addHook('onClose', async () => admission.close())

  app.setErrorHandler((error, request, reply) => sendError(request, reply, error))
  app.setNotFoundHandler((request, reply) => sendError(request, reply, nothingAt(request)))
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    // Not `onResponse`, which is never called for a client that has left.
    reply.raw.once('close', () => setImmediate(over, request, reply))
    closeWithConnection(request.raw, reply.raw)
    // Before its body is read: a stranger's ten megabytes to nowhere are not worth parsing.
    if (request.is404 && !isAdmin(request)) throw nothingAt(request)
    done()
  })
  const over = (request: FastifyRequest, reply: FastifyReply) => {
    bodies.release(request)
    const account = accountOf(request, reply)
    if (!isProbe(request)) events.answered(account)
    if (deps.tracing !== undefined) endTrace(request, account)
    // A client that keeps its connection for later would otherwise hold up a shutdown until it times out.
    if (deps.isClosing()) app.server.closeIdleConnections()
  }
  app.register(async scope => probes(scope, deps))
  app.register(async scope => consolePages(scope, deps.console))
  app.register(async scope => adminApi(scope, { ...deps, bodies }), { prefix: '/admin' })
  app.register(
    async scope => {
      scope.addHook('onRequest', (request, reply, done) => {
        admission.enter()
        reply.raw.once('close', admission.leave)
        if (deps.tracing !== undefined) beginTrace(deps.tracing, request)
        const letting = letIn(request, reply)
        if (letting !== undefined) return letting.then(() => bodies.check(request, reply))
        bodies.check(request, reply)
        return done()
      })
      await openAiApi(scope, { ...deps, bodies })
    },
    { prefix: '/v1' },
  )
  return app
}

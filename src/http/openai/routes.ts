import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError, toGatewayError } from '../../errors.ts'
import type { Endpoint } from '../../experts/expert.ts'
import type { Live } from '../../knowledge/live.ts'
import type { Feedback, Opinions } from '../../observe/feedback.ts'
import { CallFailed, summarise } from '../../routing/call.ts'
import type { Candidate } from '../../routing/candidate/candidate.ts'
import type { Candidates } from '../../routing/candidate/candidates.ts'
import type { RequestEvents } from '../../routing/events.ts'
import { AnswerFailed, type Pipeline } from '../../routing/pipeline.ts'
import type { Serving } from '../../routing/serving.ts'
import { clientOf } from '../access/door.ts'
import { note, notesOf } from '../account.ts'
import { type Bodies, bytesOf } from '../bodies.ts'
import { clientSignal } from '../client-signal.ts'
import { traceFor } from '../trace.ts'
import { type Asked, askedBy } from './asked.ts'
import { conversationOf } from './conversation.ts'
import { embedLocally, hasEncoder, MODEL_NAME } from './embeddings.ts'
import { sendError } from './envelope.ts'
import { feedbackRoute } from './feedback.ts'
import { getModel, listModels } from './models.ts'
import { recordHeaders, recordOf } from './record.ts'
import { relay } from './relay.ts'
import { type Body, parseBody, read } from './request.ts'
import { schemas } from './schema.ts'
import { withMember } from './splice.ts'
import { isKnown, targetOf } from './target.ts'

export type OpenAiDeps = {
  live: Live<Serving>
  pipeline: Pipeline
  events: RequestEvents
  candidates: Pick<Candidates, 'standing'>
  feedback: Pick<Feedback, 'remember'>
  opinions: Opinions
  bodies: Pick<Bodies, 'read'>
}

/** Tiers of gateways may stand behind one another; more than this is a circle. */
const MAX_HOPS = 5

export const openAiApi = async (app: FastifyInstance, deps: OpenAiDeps) => {
  app.setErrorHandler((error, request, reply) => sendError(request, reply, error))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', deps.bodies.read)

  app.get('/models', async request => listModels(deps.live.current().snapshot, clientOf(request)?.allowed))
  app.get<{ Params: { '*': string } }>('/models/*', async request =>
    getModel(deps.live.current().snapshot, request.params['*'], clientOf(request)?.allowed),
  )
  for (const endpoint of ['chat/completions', 'completions', 'responses'] as const) {
    app.post(`/${endpoint}`, (request, reply) => {
      const body = parseBody(bytesOf(request))
      return answer(deps, endpoint, body, askedBy(endpoint, body), request, reply)
    })
  }
  app.post('/feedback', feedbackRoute(deps))
  app.post('/embeddings', async (request, reply) => {
    const body = parseBody(bytesOf(request))
    const wanted = read(schemas.embeddings, body)
    if (wanted.model === MODEL_NAME && hasEncoder(deps.live.current().snapshot)) {
      const signal = clientSignal(reply)
      return await deps.live
        .use(({ snapshot }) => embedLocally(snapshot, wanted, { signal, client: whoseOf(request) }))
        .catch(thrown => {
          throw signal.aborted ? clientLeft(thrown) : thrown
        })
    }
    const { map } = deps.live.current().snapshot
    if (targetOf(map, wanted.model, clientOf(request)?.allowed).kind !== 'expert') {
      const message = `Embeddings are not routed: name ${MODEL_NAME} or expert/<id>.`
      throw new GatewayError('invalid_request', message, { param: 'model' })
    }
    const asked = { model: wanted.model, stream: false, question: '', messages: [] }
    return await answer(deps, 'embeddings', body, asked, request, reply)
  })
}

const answer = async (
  { live, pipeline, candidates, feedback }: OpenAiDeps,
  endpoint: Endpoint,
  body: Body,
  asked: Asked,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> => {
  const candidate = candidates.standing
  const onTrial = candidate !== undefined && goesTo(candidate, endpoint, body, asked, request)
  const from = onTrial ? candidate.live : live
  const notes = notesOf(request)
  notes.stream = asked.stream
  notes.question = asked.question
  const question = questionFrom(request, asked, from.current())
  const ask = askFrom(request, endpoint, body, asked.stream, question.hop)
  const signal = clientSignal(reply)
  const { value: serving, release } = from.hold()
  try {
    const answered = await pipeline.answer(serving, question, ask, signal)
    const { decision, questionHash, expert, tried } = answered
    const ms = reply.elapsedTime
    const { kind, usage } = answered.answer
    notes.ms = ms
    notes.overheadMs = ms - answered.waitedMs
    if (answered.encodeMs > 0) notes.encodeMs = answered.encodeMs
    notes.decision = decision
    notes.questionHash = questionHash
    notes.expert = expert
    notes.tried = tried
    if (kind === 'whole') notes.tokens = usage()
    const { id: requestId } = request
    const { text } = question
    const client = clientOf(request)?.name
    const { task } = decision
    // Before the first byte: a client may have its say while the answer still runs.
    feedback.remember({ requestId, client, task, expert, question: text, questionHash })
    const pouring = relay(reply, answered.answer, recordOf(requestId, decision, answered), {
      inBody: request.headers['x-coe-body'] !== 'off',
      onEnd: outcome => note(request, { outcome, tokens: usage() }),
    })
    if (candidate !== undefined && !onTrial && question.target.kind === 'auto') {
      candidate.see({ requestId, question, questionHash, decision, snapshot: serving.snapshot })
    }
    if (pouring !== undefined) await pouring
  } catch (thrown) {
    if (signal.aborted) throw clientLeft(thrown)
    throw failed(thrown, request, reply, question.target.kind === 'expert')
  } finally {
    release()
  }
}

const questionFrom = (request: FastifyRequest, { model, question }: Asked, { snapshot }: Serving) => {
  const allowed = clientOf(request)?.allowed
  return {
    text: question,
    target: targetOf(snapshot.map, model, allowed),
    hop: hopOf(request),
    client: whoseOf(request),
    allowed,
    events: traceFor(request)?.events,
  }
}

const askFrom = (request: FastifyRequest, endpoint: Endpoint, body: Body, stream: boolean, hop: number) => {
  const passed = passedHeaders(request)
  return {
    endpoint,
    stream,
    requestId: request.id,
    hop,
    headers: traceFor(request)?.headers(passed) ?? passed,
    bodyFor: (name: string) => withMember(body.bytes, 'model', name, body.modelAt),
  }
}

/** By whom clients take turns: their key, or where they call from. */
const whoseOf = (request: FastifyRequest): string => clientOf(request)?.name ?? request.ip

/**
 * Whether a request is the candidate's to answer. A name that only the map now served knows stays with that one: it is
 * what GET /models lists.
 */
const goesTo = (
  candidate: Candidate,
  endpoint: Endpoint,
  body: Body,
  asked: Asked,
  request: FastifyRequest,
): boolean =>
  endpoint !== 'embeddings' &&
  candidate.takes(clientOf(request)?.name, () => conversationOf(request.headers, body, asked)) &&
  isKnown(candidate.live.current().snapshot.map, asked.model)

const clientLeft = (cause: unknown) => new GatewayError('client_left', 'The client left.', { cause })

/** An answer that failed still says what was decided and who was tried. */
const failed = (
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  pinned: boolean,
): GatewayError => {
  if (!(thrown instanceof AnswerFailed)) return toGatewayError(thrown)
  const { decision, cause } = thrown
  note(request, { decision })
  if (!(cause instanceof CallFailed)) return toGatewayError(cause)
  const { tried } = cause
  note(request, { tried })
  void reply.headers(recordHeaders(recordOf(request.id, decision, { expert: tried.at(-1) ?? '', tried })))
  const [only] = cause.failures
  return pinned && only !== undefined ? asItIs(only.error) : summarise(cause.failures)
}

/** Who names an expert gets that expert's errors; only what is said about the gateway's own key is kept back. */
const asItIs = (error: GatewayError): GatewayError => {
  const { body: _, ...withoutBody } = error.details
  if (error.code === 'expert_unauthorized') return new GatewayError(error.code, error.message, withoutBody)
  const status = error.details.upstreamStatus
  return status === undefined || status < 400
    ? error
    : new GatewayError(error.code, error.message, { ...error.details, status })
}

const hopOf = (request: FastifyRequest): number => {
  const before = Number(request.headers['x-coe-hop'] ?? 0)
  const hop = Number.isInteger(before) && before >= 0 ? before + 1 : 1
  if (hop <= MAX_HOPS) return hop
  throw new GatewayError(
    'loop_detected',
    `The request has come through ${before} gateways: an expert leads back here.`,
  )
}

/** Little of what a client sends means anything to an expert; credentials and cookies never travel. */
const passedHeaders = ({ headers }: FastifyRequest): Record<string, string> => {
  const passed: Record<string, string> = {}
  for (const name of PASSED) {
    const value = headers[name]
    if (typeof value === 'string') passed[name] = value
  }
  return passed
}

const PASSED = ['traceparent', 'tracestate', 'openai-beta']

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import { ANSWERS } from '../../observe/answers.ts'
import type { Opinions } from '../../observe/feedback.ts'
import { mayName } from '../../routing/allowed.ts'
import { clientOf } from '../access/door.ts'
import { bytesOf } from '../bodies.ts'
import { parseBody, read } from './request.ts'
import type { OpenAiDeps } from './routes.ts'

const opinion = z
  .strictObject({
    request_id: z.string().min(1).max(128),
    score: z.number().min(0).max(1).optional(),
    rating: z.enum(['good', 'bad']).optional(),
    correct_task: z.string().min(1).optional(),
  })
  .refine(({ score, rating }) => (score === undefined) !== (rating === undefined), {
    path: ['score'],
    message: 'give either a score from 0 to 1, or a rating, "good" or "bad"',
  })

/** What a client says of an answer that it got. It is counted and kept, and changes no decision. */
export const feedbackRoute =
  ({ live, opinions }: Pick<OpenAiDeps, 'live'> & { readonly opinions: Opinions }) =>
  async (request: FastifyRequest, reply: FastifyReply) => {
    const { request_id, score, rating, correct_task } = read(opinion, parseBody(bytesOf(request)))
    const client = clientOf(request)
    if (correct_task !== undefined) {
      const { tasks } = live.current().snapshot.map
      const known = [...tasks.keys(), UNKNOWN].filter(
        task => client?.allowed === undefined || mayName({ kind: 'task', task }, client.allowed),
      )
      if (!known.includes(correct_task)) throw noTask(correct_task, known)
    }
    const given = {
      requestId: request_id,
      client: client?.name,
      score: score ?? (rating === 'good' ? 1 : 0),
      correctTask: correct_task,
    }
    if (!(await opinions.give(given))) throw noAnswer(request_id)
    return reply.code(204).send()
  }

const noTask = (task: string, known: readonly string[]) =>
  new GatewayError('invalid_request', `There is no task "${task}". There is: ${known.join(', ')}.`, {
    param: 'correct_task',
  })

/** The same for what never was and for what is somebody else's: ids are not to be found out. */
const noAnswer = (id: string) =>
  new GatewayError(
    'not_found',
    `No answer with the request id "${id}" was given to this key lately: the last ${ANSWERS.toLocaleString('en')} answers are known. The id is the answer's x-request-id.`,
    { param: 'request_id' },
  )

import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { firstAskOf } from '../../routing/question.ts'
import type { Asked } from './asked.ts'
import type { Body } from './request.ts'

const name = z.string().min(1).optional().catch(undefined)

/** Where clients say which conversation a request belongs to; a wrong type says nothing. */
const said = z.looseObject({
  metadata: z.looseObject({ conversation_id: name }).optional().catch(undefined),
  conversation: z
    .union([z.string().min(1), z.looseObject({ id: z.string().min(1) }).transform(({ id }) => id)])
    .optional()
    .catch(undefined),
  user: name,
})

/**
 * What all requests of one conversation have in common: its name, if the client gives one, else what was asked first.
 * Derived from the request alone, so that any replica finds the same.
 */
export const conversationOf = (
  headers: IncomingHttpHeaders,
  { value }: Body,
  { messages }: Pick<Asked, 'messages'>,
): string => {
  const header = headers['x-coe-conversation']
  if (typeof header === 'string' && header !== '') return header
  const { metadata, conversation, user } = said.parse(value)
  return metadata?.conversation_id ?? conversation ?? user ?? firstAskOf(messages)
}

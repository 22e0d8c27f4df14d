import { z } from 'zod'

/**
 * What the gateway itself reads of a request. Everything else passes through as it came, so each schema is loose and
 * as small as the question needs.
 */
const base = { model: z.string().min(1).nullish(), stream: z.boolean().nullish() }

const part = z.looseObject({ type: z.string().optional(), text: z.unknown().optional() })

const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
})

const chat = z.looseObject({ ...base, messages: z.array(message).min(1, 'must hold at least one message') })

const completion = z.looseObject({
  ...base,
  prompt: z.union([z.string(), z.array(z.string()), z.array(z.number()), z.array(z.array(z.number()))]),
})

const inputItem = z.looseObject({
  role: z.string().optional(),
  content: z.union([z.string(), z.array(part)]).nullish(),
})

const responses = z.looseObject({ ...base, input: z.union([z.string(), z.array(inputItem)]).nullish() })

const embeddings = z.looseObject({
  model: base.model,
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2048),
    z.array(z.number()).min(1),
    z.array(z.array(z.number())).min(1),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
})

export const schemas = { chat, completion, responses, embeddings }

export type EmbeddingsRequest = z.infer<typeof embeddings>

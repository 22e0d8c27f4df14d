import { z } from 'zod'

/**
 * What the gateway itself reads of a request. Everything else passes through as it came, so each schema is loose and
 * as small as the question needs.
 */
const base = { model: z.string().min(1).nullish(), stream: z.boolean().nullish() }

const part = z.looseObject({ type: z.string().optional(), text: z.unknown().optional() })

/**
 * A list that is read up to its first mistake. zod's own collects them all: half a million wrong elements, one for
 * each form of a union, take half a minute and gigabytes.
 */
const list = <T extends z.ZodType>(item: T) =>
  z
    .custom<z.output<T>[]>(Array.isArray, {
      error: ({ input }) => (input === undefined ? 'is missing' : 'expected a list'),
    })
    .check(({ value, issues }) => {
      for (const [index, element] of value.entries()) {
        const issue = item.safeParse(element).error?.issues[0]
        if (issue === undefined) continue
        issues.push({ ...issue, path: [index, ...issue.path], input: value } as z.core.$ZodRawIssue)
        return
      }
    })

const listOf = <T>(is: (element: unknown) => element is T) =>
  z.custom<T[]>(value => Array.isArray(value) && value.every(is))

const isString = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'number'
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber)

const message = z.looseObject({ role: z.string(), content: z.union([z.string(), list(part)]).nullish() })

const chat = z.looseObject({
  ...base,
  messages: list(message).refine(({ length }) => length > 0, 'must hold at least one message'),
})

const completion = z.looseObject({
  ...base,
  prompt: z.union([z.string(), listOf(isString), listOf(isNumber), listOf(isNumbers)]),
})

const inputItem = z.looseObject({
  role: z.string().optional(),
  content: z.union([z.string(), list(part)]).nullish(),
})

const responses = z.looseObject({ ...base, input: z.union([z.string(), list(inputItem)]).nullish() })

const embeddings = z.looseObject({
  model: base.model,
  input: z.union([
    z.string(),
    listOf(isString).refine(({ length }) => length > 0 && length <= 2048),
    listOf(isNumber).refine(({ length }) => length > 0),
    listOf(isNumbers).refine(({ length }) => length > 0),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
})

export const schemas = { chat, completion, responses, embeddings }

export type EmbeddingsRequest = z.infer<typeof embeddings>

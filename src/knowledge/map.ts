import { z } from 'zod'

/** The name of what fits no task. A map may not define a task of that name. */
export const UNKNOWN = 'unknown'

const identifier = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]*$/i,
    'must be letters, digits, ".", "-" or "_", and begin with a letter or digit',
  )
  .max(100)

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

const duration = z
  .union([z.string(), z.number()])
  .meta({ description: 'A duration: 500ms, 5s, 2m. A bare number is seconds.', examples: ['60s'] })
  .transform((value, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(value).trim())
    const unit = (match?.[2] ?? 's') as keyof typeof units
    const ms = Number(match?.[1]) * units[unit]
    if (match === null || !(ms >= 1 && ms <= units.h)) {
      context.addIssue({
        code: 'custom',
        message: `must be a duration between 1ms and 1h such as 500ms, 5s or 2m`,
      })
      return z.NEVER
    }
    return Math.round(ms)
  })

const percentage = z.number().min(0).max(1)

const remoteExpert = z.strictObject({
  ifSet: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('The expert takes part only when one of these environment variables is set.'),
  url: z
    .url({ protocol: /^https?$/, message: 'must be an http(s) address such as https://host/v1' })
    .describe('Base address of an OpenAI-compatible API, usually ending in /v1.'),
  model: z.string().min(1).describe("The model's name at that address."),
  key: z.string().optional().describe(`API key; write \${NAME} so that it comes from the environment.`),
  timeout: duration.default(60_000).describe('Until the first chunk of a stream, or the whole of an answer.'),
  idle: duration.default(60_000).describe('The longest silence between two chunks of a stream.'),
  concurrency: z.int().min(1).max(10_000).default(64).describe('Requests running at once.'),
  queue: z.int().min(0).max(100_000).default(256).describe('Requests waiting for a place.'),
  structured: z
    .boolean()
    .optional()
    .describe('Whether the endpoint takes response_format json_schema; used when it classifies.'),
  price: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .optional()
    .describe('Per million tokens.'),
})

const builtinExpert = z.strictObject({
  builtin: z.literal('runbook').describe("Answers from the context's replies and runbooks, without network."),
})

const expert = z.union([builtinExpert, remoteExpert])

const score = z.union([
  z
    .number()
    .min(0)
    .max(1)
    .transform((accuracy): Score => ({ accuracy })),
  z.strictObject({ accuracy: percentage, n: z.int().min(1).optional() }),
])

export type Score = { accuracy: number; n?: number | undefined }

const task = z.strictObject({
  title: z.string().min(1).optional(),
  description: z.string().default('').describe('Shown to the classifier: what belongs to this task.'),
  experts: z.array(z.string()).min(1).optional().describe('Pins the order of experts; otherwise by scores.'),
})

export const mapSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).describe('Shown in logs and headers.'),
  context: z
    .array(z.string().min(1))
    .min(1)
    .describe('Files of examples (JSONL, CSV, .gz), relative to this file.'),
  retrieval: z
    .strictObject({ k: z.int().min(1).max(200).default(16).describe('Neighbours that vote.') })
    .prefault({}),
  neighbours: z
    .strictObject({
      allowedError: z
        .number()
        .min(0)
        .max(0.5)
        .default(0.05)
        .describe('How often the neighbours alone may be wrong; the rest goes to the classifier.'),
    })
    .prefault({}),
  classifier: z
    .strictObject({
      expert: z.string(),
      use: z.enum(['when-unsure', 'always', 'never']).default('when-unsure'),
      timeout: duration.default(5_000),
      context: z.boolean().default(true).describe('Whether the nearest examples are shown to it.'),
      prompt: z.string().min(1).optional().describe('A prompt file of your own, relative to this file.'),
    })
    .optional(),
  tasks: z.record(identifier, task).refine(tasks => Object.keys(tasks).length > 0, 'needs at least one task'),
  experts: z
    .record(identifier, expert)
    .refine(all => Object.keys(all).length > 0, 'needs at least one expert'),
  scores: z
    .record(z.string(), z.record(z.string(), score))
    .default({})
    .describe('Measured accuracy (0 to 1) of each expert on each task.'),
  choose: z
    .strictObject({
      by: z.enum(['accuracy', 'price']).default('accuracy'),
      within: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe('Points of accuracy that a lower price may cost.'),
    })
    .prefault({}),
  unknown: z.array(z.string()).min(1).optional().describe('Pins the experts of what fits no task.'),
  aliases: z
    .record(z.string().min(1), z.string())
    .default({})
    .describe('Other model names that clients may use: auto, task/<id> or expert/<id>.'),
})

export type MapFile = z.output<typeof mapSchema>
export type RemoteExpert = z.output<typeof remoteExpert>
export type BuiltinExpert = z.output<typeof builtinExpert>
export type ExpertDefinition = z.output<typeof expert>

export const isBuiltin = (definition: ExpertDefinition): definition is BuiltinExpert =>
  'builtin' in definition

/** The schema of the file for editors, from the same source as the check. */
export const mapJsonSchema = () => ({
  title: 'coe-ops map',
  ...z.toJSONSchema(mapSchema, { io: 'input', target: 'draft-7' }),
})

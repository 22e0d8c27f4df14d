import { z } from 'zod'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

export const duration = z
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

const holdsNoSecret = (url: string) => {
  if (!URL.canParse(url)) return true
  const { username, password } = new URL(url)
  return username === '' && password === ''
}

const remoteExpert = z.strictObject({
  ifSet: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('The expert takes part only when one of these environment variables is set.'),
  url: z
    .url({ protocol: /^https?$/, message: 'must be an http(s) address such as https://host/v1' })
    .refine(holdsNoSecret, 'must not hold a user or a password; give the key as "key"')
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

type BuiltinExpert = z.output<typeof builtinExpert>
type RemoteExpert = z.output<typeof remoteExpert>

const { $schema: _, ...forms } = z.toJSONSchema(z.union([builtinExpert, remoteExpert]), {
  io: 'input',
  target: 'draft-7',
})

/** Its form is told by one key. A union would take it for what it comes nearest to, and name the wrong faults. */
export const expert = z
  .unknown()
  .meta(forms)
  .transform((value, context): BuiltinExpert | RemoteExpert => {
    const isOfHouse = typeof value === 'object' && value !== null && Object.hasOwn(value, 'builtin')
    const parsed = (isOfHouse ? builtinExpert : remoteExpert).safeParse(value, { reportInput: true })
    if (parsed.success) return parsed.data
    // An issue that is finished is a raw one with a message; only the types keep them apart.
    context.issues.push(...(parsed.error.issues as z.core.$ZodRawIssue[]))
    return z.NEVER
  })

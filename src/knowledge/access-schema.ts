import { z } from 'zod'
import { identifier } from './identifier.ts'

/** So many requests in so long. */
export type Rate = { readonly amount: number; readonly perMs: number }

const spans: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

export const rate = z
  .string()
  .regex(/^[1-9]\d{0,6}\/[smh]$/, 'must be a rate such as 10/s, 600/m or 1000/h')
  .describe('Requests in a second (10/s), a minute (600/m) or an hour (1000/h); as many may come at once.')
  .transform((text): Rate => {
    const [amount, span = ''] = text.split('/')
    return { amount: Number(amount), perMs: spans[span] ?? 1_000 }
  })

export const concurrency = z.int().min(1).max(100_000).describe('Requests running at once, streams included.')

// What stands there instead may be a key: the message must not repeat it.
const digest = z
  .string()
  .regex(
    /^sha256:[0-9a-fA-F]{64}$/,
    'must be "sha256:" and 64 hexadecimal digits, never the key itself; run "coe-ops key new NAME" for a key and its entry',
  )
  .describe('The SHA-256 of the key; coe-ops key new NAME prints both.')
  .transform(text => text.slice('sha256:'.length).toLowerCase())

const entry = z.strictObject({
  key: digest,
  rate: rate.optional(),
  concurrency: concurrency.optional(),
  experts: z.array(z.string()).min(1).optional().describe('The only experts that may answer.'),
  tasks: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'The only tasks that may be asked ("unknown": what fits none). Only listed experts may then be named.',
    ),
})

/** Who is let in. Left out, the environment's keys count alone. */
export const access = z
  .record(identifier, entry)
  .refine(
    keys => Object.keys(keys).length > 0,
    'lets nobody in; name a key, or leave it out to let everybody in whom COE_API_KEYS does not keep out',
  )
  .describe('Keys that are let in, by name.')

export type Access = z.output<typeof access>
export type AccessEntry = z.output<typeof entry>

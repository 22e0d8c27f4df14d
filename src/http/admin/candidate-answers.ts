import { z } from 'zod'
import { correctionSchema } from '../../observe/corrections.ts'

/** What the routes of a candidate and of feedback answer, for the description of the API and for the commands. */

const way = z.object({ task: z.string(), expert: z.string() })
const side = z.object({
  answers: z.int(),
  failures: z.int().describe('5xx, and streams that broke off.'),
  refused: z.int().describe('4xx.'),
  p50Ms: z.number().nullable().describe('Until the first byte, of the last thousand answers.'),
  p95Ms: z.number().nullable(),
})

export const candidateAnswer = z.object({
  version: z.string(),
  name: z.string(),
  against: z.string().describe('The version of what is served, which it is compared with.'),
  mode: z.enum(['shadow', 'percent']),
  percent: z.number(),
  classifier: z.boolean().describe('Whether its classifier is called in the shadow.'),
  since: z.string(),
  by: z.string(),
  why: z.string().nullable(),
  seen: z.int().describe('Questions that both maps decided.'),
  same: z.int(),
  moved: z.int(),
  notSeen: z.int().describe('Not looked at: too much else to do, or no neighbours.'),
  needClassifier: z.int().describe('Compared by what the neighbours alone say.'),
  byMove: z.array(z.object({ from: way, to: way, count: z.int() })),
  otherMoves: z.int(),
  examples: z
    .array(
      z.object({
        at: z.string(),
        requestId: z.string(),
        from: way,
        to: way,
        needsClassifier: z.boolean(),
        question: z.string().optional(),
        questionHash: z.string().optional(),
        questionChars: z.int().optional(),
      }),
    )
    .describe('The last 50 that moved, newest first.'),
  sides: z.object({ served: side, candidate: side }),
})

export const endedAnswer = z.object({
  at: z.string(),
  version: z.string(),
  outcome: z.enum(['activated', 'dropped', 'replaced', 'forgotten']),
  because: z.string(),
  seen: z.int(),
  moved: z.int(),
})

export const feedbackAnswer = z.object({
  experts: z.array(
    z.object({
      expert: z.string(),
      task: z.string(),
      good: z.int(),
      bad: z.int(),
      mean: z.number(),
      n: z.int(),
      measured: z.object({ accuracy: z.number(), n: z.int().optional() }).nullable(),
    }),
  ),
  corrections: z.array(correctionSchema.partial({ questionHash: true })),
})

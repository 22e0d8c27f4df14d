import { z } from 'zod'
import { keptMap } from '../../knowledge/history.ts'

/** What the routes answer, for the description of the API. Tests hold the answers to it. */

const problem = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  message: z.string(),
  severity: z.enum(['error', 'warning']),
})

export const errorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
  problems: z.array(problem).optional(),
})

export const mapAnswer = z.object({
  version: z.string(),
  name: z.string(),
  source: z.string().describe('The text of the map, its literal secrets shown as ***.'),
  format: z.enum(['yaml', 'json']),
  tasks: z.array(
    z.object({ id: z.string(), title: z.string(), description: z.string(), experts: z.array(z.string()) }),
  ),
  experts: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      origin: z.string().optional(),
      model: z.string().optional(),
      price: z.object({ input: z.number(), output: z.number() }).optional(),
    }),
  ),
  scores: z.array(
    z.object({
      expert: z.string(),
      task: z.string(),
      accuracy: z.number(),
      n: z.int().optional(),
      lo: z.number().optional(),
      hi: z.number().optional(),
    }),
  ),
  unknown: z.array(z.string()),
  neighbours: z.object({ allowedError: z.number() }),
  classifier: z.object({ expert: z.string(), use: z.string() }).optional(),
  threshold: z.number().nullable(),
  warnings: z.array(problem),
})

const names = z.object({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()),
})
const way = z.object({ task: z.string(), expert: z.string().nullable() })

export const changeAnswer = z.object({
  version: z.string(),
  replaced: z.boolean(),
  problems: z.array(problem).describe('Warnings.'),
  changes: z.object({ experts: names, tasks: names }),
  accuracy: z.object({ before: z.number(), after: z.number() }).nullable(),
  decisions: z.object({
    looked: z.int().describe('Of the last decisions, those that could be made again.'),
    moved: z.int(),
    unsure: z.int().describe('Those that the classifier would have to be asked for.'),
    examples: z.array(
      z.object({ question: z.string().optional(), questionHash: z.string(), from: way, to: way }),
    ),
  }),
})

export const mapsAnswer = z.object({
  current: z.string(),
  problem: z.string().optional().describe('Why the last change is not served.'),
  maps: z.array(keptMap),
})

export const oneMapAnswer = z.object({ version: z.string(), at: z.string(), source: z.string() })
export const versionAnswer = z.object({ version: z.string() })

const decidedBy = z.enum(['pinned', 'neighbours', 'classifier', 'fallback'])

export const explanationAnswer = z.object({
  decision: z.object({
    task: z.string(),
    experts: z.array(z.string()),
    decidedBy,
    confidence: z.number(),
    known: z.number(),
    margin: z.number(),
    ranking: z.array(z.object({ task: z.string(), confidence: z.number() })),
    neighbours: z.array(
      z.object({
        question: z.string(),
        task: z.string(),
        similarity: z.number(),
        dense: z.number(),
        lexical: z.number(),
        at: z.string(),
      }),
    ),
    byWords: z.literal(true).optional().describe('Its words alone were unmistakable: it was not encoded.'),
    snapshot: z.string(),
    context: z.string(),
  }),
  threshold: z.number().nullable(),
  question: z.string(),
  classifier: z
    .object({
      prompt: z.object({ system: z.string(), user: z.string() }),
      reply: z.string().optional(),
      outcome: z.string(),
      ms: z.number(),
    })
    .optional(),
  tookMs: z.object({ encode: z.number(), search: z.number(), total: z.number() }),
})

export const decisionsAnswer = z.object({
  decisions: z.array(
    z.object({
      seq: z.int(),
      at: z.string(),
      requestId: z.string(),
      client: z.string().optional(),
      endpoint: z.string(),
      stream: z.boolean(),
      status: z.int(),
      task: z.string(),
      decidedBy,
      confidence: z.number(),
      expert: z.string().optional(),
      tried: z.array(z.string()),
      ms: z.number(),
      overheadMs: z.number().optional(),
      encodeMs: z.number().optional(),
      tokens: z.object({ prompt: z.number(), completion: z.number() }).optional(),
      error: z.string().optional(),
      outcome: z.string().optional(),
      snapshot: z.string(),
      question: z.string().optional().describe('Only with LOG_QUESTIONS=true.'),
      questionHash: z.string(),
      questionChars: z.int(),
    }),
  ),
  next: z.int().optional(),
})

export const expertAnswer = z.object({
  id: z.string(),
  kind: z.string(),
  origin: z.string().optional(),
  model: z.string().optional(),
  breaker: z.string(),
  inFlight: z.int(),
  queued: z.int(),
  draining: z.boolean(),
  answered: z.int().describe('In the last hour.'),
  failed: z.int(),
  tokens: z.int(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  history: z.array(
    z.object({ at: z.string(), answered: z.int(), failed: z.int(), p50Ms: z.number().nullable() }),
  ),
})
export const expertsAnswer = z.object({ experts: z.array(expertAnswer) })

const example = z.object({
  id: z.string(),
  at: z.string(),
  question: z.string(),
  task: z.string(),
  lang: z.string().optional(),
  options: z.array(z.string()).optional(),
  reply: z.boolean(),
  said: z.string().optional().describe('What the others would have decided.'),
  margin: z.number().optional(),
})

export const contextAnswer = z.object({
  examples: z.array(example).optional(),
  groups: z.array(z.array(example)).optional(),
  total: z.int(),
  tasks: z.array(
    z.object({
      task: z.string(),
      examples: z.int(),
      keywords: z.int(),
      accuracy: z.number().nullable(),
    }),
  ),
})

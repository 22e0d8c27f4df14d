import { z } from 'zod'
import { access } from './access-schema.ts'
import { duration, expert } from './expert-schema.ts'
import { identifier } from './identifier.ts'

/** The name of what fits no task. A map may not define a task of that name. */
export const UNKNOWN = 'unknown'

const percentage = z.number().min(0).max(1)

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
  ranking: z
    .record(
      z.string(),
      z.strictObject({
        experts: z.array(z.string()).min(1).describe('Best first.'),
        because: z.string().optional().describe('Why in this order.'),
      }),
    )
    .default({})
    .describe('Order of experts by task (and unknown), decided with care from what was measured.'),
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
  access: access.optional(),
})

export type MapFile = z.output<typeof mapSchema>

export type ExpertDefinition = z.output<typeof expert>
export type BuiltinExpert = Extract<ExpertDefinition, { builtin: unknown }>

export const isBuiltin = (definition: ExpertDefinition): definition is BuiltinExpert =>
  'builtin' in definition

/** The schema of the file for editors, from the same source as the check. */
export const mapJsonSchema = () => ({
  title: 'coe-ops map',
  ...z.toJSONSchema(mapSchema, { io: 'input', target: 'draft-7' }),
})

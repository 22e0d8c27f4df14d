import { z } from 'zod'
import type { Live } from '../../knowledge/live.ts'
import { UNKNOWN } from '../../knowledge/map.ts'
import type { Serving } from '../../routing/serving.ts'
import type { Swaps } from '../../swaps/swaps.ts'
import { contextAnswer, versionAnswer } from './answers.ts'
import { fileFor, placeOf, withExample, withTask } from './context-lines.ts'
import { contradictionsIn, duplicatesIn, listed, tasksIn } from './context-list.ts'
import { type AdminRoute, get, post, put } from './route.ts'

export type ContextDeps = {
  readonly live: Live<Serving>
  readonly swaps: Pick<Swaps, 'change'>
  readonly mapPath: string
}

const page = z.object({
  kind: z
    .enum(['all', 'contradictions', 'duplicates'])
    .default('all')
    .describe(
      'contradictions: examples that the others would decide differently, surest first. duplicates: groups of examples that say nearly the same.',
    ),
  task: z.string().optional(),
  q: z.string().optional().describe('Text that the question holds.'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
})

const question = z.string().refine(text => text.trim() !== '', 'must not be empty')
const exampleBody = z.strictObject({
  question,
  task: z.string().min(1).describe(`A task of the map, or ${UNKNOWN}.`),
  lang: z.string().min(1).max(35).optional(),
  file: z.string().optional().describe('A context file as the map names it; the first one if left out.'),
})
const relabelBody = z.strictObject({
  at: z.string().describe('file:line, as GET /admin/context says it.'),
  question: question.describe('As it stands there: what was changed meanwhile is not relabelled.'),
  task: z.string().min(1),
})

export const contextRoutes = ({ live, swaps, mapPath }: ContextDeps): AdminRoute[] => [
  get(
    '/context',
    async ({ query }) => {
      const { snapshot } = live.current()
      const { limit, offset } = query
      if (query.kind === 'duplicates') {
        const groups = await duplicatesIn(snapshot, mapPath)
        return {
          groups: groups.slice(offset, offset + limit),
          total: groups.length,
          tasks: tasksIn(snapshot),
        }
      }
      const found =
        query.kind === 'contradictions' ? contradictionsIn(snapshot, query) : listed(snapshot, query)
      return {
        examples: found.rows.slice(offset, offset + limit).map(row => found.shown(row, mapPath)),
        total: found.rows.length,
        tasks: tasksIn(snapshot),
      }
    },
    { summary: 'The examples that decisions are made from', query: page, answers: contextAnswer },
  ),
  post(
    '/context',
    exampleBody,
    async ({ body, ip }) => {
      const file = fileFor(live.current().snapshot.map, mapPath, body.file)
      const change = { file, edit: withExample(body, mapPath) }
      const { serving } = await swaps.change(change, { by: 'api', why: 'an example was added', from: ip })
      return { version: serving.snapshot.version }
    },
    { summary: 'Adds an example to a context file, and serves it', answers: versionAnswer },
  ),
  put(
    '/context',
    relabelBody,
    async ({ body, ip }) => {
      const { file, line } = placeOf(live.current().snapshot.map, mapPath, body.at)
      const change = { file, edit: withTask(line, body) }
      const { serving } = await swaps.change(change, {
        by: 'api',
        why: 'an example was relabelled',
        from: ip,
      })
      return { version: serving.snapshot.version }
    },
    { summary: 'Gives an example another task, and serves it', answers: versionAnswer },
  ),
]

import { relative } from 'node:path'
import { GatewayError } from '../errors.ts'
import type { Example } from '../knowledge/context.ts'
import { groupsOf } from '../knowledge/duplicates.ts'
import { createNearIndex, NEAR } from '../knowledge/near.ts'

export type Overlap = { readonly question: Example; readonly example: Example; readonly similarity: number }

/** Questions that stand in the context already, or nearly so: they measure memory. */
export const overlapOf = (
  context: readonly Example[],
  questions: readonly Example[],
  near = NEAR,
): Overlap[] => {
  const index = createNearIndex([...context, ...questions], near)
  // One of several that are the same is enough to be found by.
  for (const row of context.keys()) if (index.nearest(row)?.similarity !== 1) index.add(row)
  return questions.flatMap((question, row) => {
    const match = index.nearest(context.length + row)
    const example = match === undefined ? undefined : context[match.row]
    return match === undefined || example === undefined
      ? []
      : [{ question, example, similarity: match.similarity }]
  })
}

const SHOWN = 5

export type Guarded = {
  /** What is known, and what is asked. */
  readonly parts: readonly { readonly context: readonly Example[]; readonly questions: readonly Example[] }[]
  /** The parts are made of one set of examples. */
  readonly divides: boolean
  readonly allow: boolean
  complain(text: string): void
}

/** Refuses questions that the context knows, unless that was asked for; inside one set doubles are only said. */
export const guardOverlap = ({ parts: [part], divides, allow, complain }: Guarded): void => {
  if (part === undefined) return
  if (divides) warnOfDoubles([...part.context, ...part.questions], complain)
  else {
    const found = overlapOf(part.context, part.questions)
    const count = `${found.length} of ${part.questions.length} questions stand in the context already`
    if (found.length > 0 && !allow) throw new GatewayError('invalid_request', refusalOf(found, count))
    if (found.length > 0) complain(`warning: ${count}: figures are too good.`)
  }
}

const warnOfDoubles = (examples: readonly Example[], complain: Guarded['complain']) => {
  const doubles = groupsOf(examples, NEAR).reduce((sum, { others }) => sum + others.length, 0)
  if (doubles === 0) return
  const count = `${doubles} of ${examples.length} questions are nearly the same as another`
  complain(`warning: ${count} (coe-ops context dedupe lists them): figures are a little too good.`)
}

const refusalOf = (found: readonly Overlap[], count: string): string => {
  const pairs = found
    .slice(0, SHOWN)
    .map(
      ({ question, example, similarity }) =>
        `  ${shortPlace(question)} is ${shortPlace(example)} (${similarity.toFixed(2)})`,
    )
  const more = found.length > SHOWN ? [`  and ${found.length - SHOWN} more`] : []
  return [`${count}:`, ...pairs, ...more, 'Take them out of one, or say --allow-overlap.'].join('\n')
}

export const shortPlace = ({ at }: Example): string => {
  const path = relative(process.cwd(), at)
  return path.startsWith('..') ? at : path
}

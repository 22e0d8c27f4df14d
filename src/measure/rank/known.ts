import { isBuiltin } from '../../knowledge/map.ts'
import { seeded, shuffled } from '../random.ts'
import { type Part, verdictsOf } from './expert-run.ts'
import { measurementKey, type Reply } from './measurement.ts'
import { costOf, type Purse } from './purse.ts'
import type { RankQuestion } from './questions.ts'
import { type RankPlan, remoteOf } from './rank-plan.ts'

/** Of every expert that can be asked, also of those that are not to be: what they said before may count. */
export const keysOf = ({ questions, prompt, map }: RankPlan): Keys => {
  const prompts = questions.map(question => ({ question, prompt: prompt(question) }))
  return new Map(
    [...map.experts].flatMap(([id, definition]) =>
      isBuiltin(definition)
        ? []
        : [[id, new Map(prompts.map(asked => [asked.question, measurementKey(definition, asked.prompt)]))]],
    ),
  )
}

export type Keys = ReadonlyMap<string, ReadonlyMap<RankQuestion, string>>

export const knownOf = ({ experts, questions }: RankPlan, keys: Keys, replies: ReadonlyMap<string, Reply>) =>
  new Map(
    [...keys]
      .filter(([id]) => !experts.includes(id))
      .map(([id, keyOf]) => [id, verdictsOf(questions, keyOf, replies)] as const)
      .filter(([, verdicts]) => verdicts.size > 0),
  )

/**
 * In an order of its own, the same for all experts: a measurement that ends early has then asked of every task, and
 * asked everybody the same.
 */
export const partsOf = (
  { experts, questions, map }: RankPlan,
  keys: Keys,
  replies: ReadonlyMap<string, Reply>,
): Part[] => {
  const order = shuffled(questions, seeded(1))
  const claimed = new Set(replies.keys())
  return experts.map(id => {
    const keyOf = keys.get(id) ?? new Map<RankQuestion, string>()
    const jobs = order.flatMap(question => {
      const key = keyOf.get(question)
      if (key === undefined || claimed.has(key)) return []
      claimed.add(key)
      return { key, question }
    })
    const before = questions.filter(question => replies.has(keyOf.get(question) ?? '')).length
    return { id, definition: remoteOf(map, id), keyOf, jobs, before, answered: 0, failedCalls: 0 }
  })
}

export const payForKnown = (parts: readonly Part[], replies: ReadonlyMap<string, Reply>, purse: Purse) => {
  const paid = new Set<string>()
  for (const { id, definition, keyOf } of parts) {
    for (const key of keyOf.values()) {
      const reply = replies.get(key)
      if (reply === undefined || definition.price === undefined || paid.has(key)) continue
      paid.add(key)
      purse.settle(id, 0, costOf(reply.usage, definition.price))
    }
  }
}

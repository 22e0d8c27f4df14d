import type { Example } from '../knowledge/context.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import { asAsked } from '../retrieval/text.ts'
import { fenced } from './fence.ts'

/** Near examples beyond this add tokens and little else. */
const SHOWN = 8
const SHOWN_CHARS = 400
/** Two examples of one task that share this much say the same. */
const ALIKE = 0.85

/**
 * The examples that the classifier is shown, one a line, nearest first. Neither their similarity nor the neighbours'
 * probability is shown: it costs tokens, and a model that sees a number follows it instead of judging. It is asked
 * because the numbers were not good enough.
 */
export const shownExamples = (snapshot: Snapshot, nearest: Nearest): string =>
  chosen(snapshot, nearest).map(shown).join('\n')

const shown = (example: Example) => {
  const text = asAsked(example).replace(/\s+/g, ' ')
  return fenced(`example task="${example.task}"`, text, SHOWN_CHARS)
}

/** The nearest, with a place for each of the two most probable tasks: between these it has to choose. */
export const chosen = ({ examples }: Snapshot, { neighbours, ranking }: Nearest): readonly Example[] => {
  const near = distinct(neighbours().flatMap(({ row }) => examples[row] ?? []))
  const rivals = ranking()
    .slice(0, 2)
    .map(({ task }) => task)
  const firsts = rivals.flatMap(task => near.find(example => example.task === task) ?? [])
  const others = near.filter(example => !firsts.includes(example)).slice(0, SHOWN - firsts.length)
  return near.filter(example => firsts.includes(example) || others.includes(example))
}

/** Without those that repeat a nearer one. The same question under another task stays: it says that people disagree. */
const distinct = (examples: readonly Example[]): readonly Example[] => {
  const kept: { readonly example: Example; readonly pairs: ReadonlySet<string> }[] = []
  for (const example of examples) {
    const pairs = pairsOf(asAsked(example))
    if (!kept.some(other => other.example.task === example.task && share(other.pairs, pairs) >= ALIKE)) {
      kept.push({ example, pairs })
    }
  }
  return kept.map(({ example }) => example)
}

/** Pairs of letters work in any script; a digit is a digit, since log lines differ in little else. */
const pairsOf = (text: string): ReadonlySet<string> => {
  const plain = text
    .slice(0, 2_000)
    .toLowerCase()
    .replace(/\d+/g, '0')
    .replace(/[^\p{L}\p{N}]+/gu, '')
  return new Set(Array.from({ length: Math.max(1, plain.length - 1) }, (_, at) => plain.slice(at, at + 2)))
}

const share = (a: ReadonlySet<string>, b: ReadonlySet<string>) => {
  let both = 0
  for (const pair of a) if (b.has(pair)) both++
  return (2 * both) / (a.size + b.size)
}

import { resolve } from 'node:path'
import { type Example, readContext, readText } from '../knowledge/context.ts'
import { type Group, groupsOf } from '../knowledge/duplicates.ts'
import { NEAR } from '../knowledge/near.ts'
import { errorsOf, InvalidFilesError } from '../knowledge/problem.ts'
import { shortPlace } from '../measure/overlap.ts'
import { type Invocation, type Part, UsageError } from './command.ts'
import { refuseToReplace, writeWhole } from './write-rows.ts'

export const dedupe: Part = {
  summary: 'find questions that stand there twice, or nearly so, and write the files without them',
  usage: 'coe-ops context dedupe FILE... [--near 0.9] [--out FILE]',
  examples: [
    'coe-ops context dedupe context/my.jsonl',
    'coe-ops context dedupe a.jsonl b.jsonl.gz --near 0.95 --out all.jsonl',
  ],
  options: {
    near: { type: 'string', help: `from which similarity on, 0.7 to 1 [${NEAR}]` },
    out: {
      type: 'string',
      help: 'file that is written: the first of each group and all that have no double',
    },
    force: { type: 'boolean', help: 'replace a file that is there already' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    'Similarity is the share of runs of three letters or digits that two questions (with their options) have in common; case, punctuation and the order of options do not count.',
  async run({ values, words, print }) {
    const near = nearIn(values.near)
    if (words.length === 0) throw new UsageError('context dedupe needs a file of examples or questions.')
    const out = values.out === undefined ? undefined : String(values.out)
    if (out !== undefined) await refuseToReplace([out], values.force === true)
    const examples = await readAll(words)
    const groups = groupsOf(examples, near)
    const double = new Set(groups.flatMap(({ others }) => others.map(({ example }) => example)))
    const kept = examples.filter(example => !double.has(example))
    if (out !== undefined) await writeWhole(new Map([[out, await linesOf(kept)]]))
    const counts = { questions: examples.length, groups: groups.length, doubles: double.size }
    if (values.json === true) print(JSON.stringify({ ...counts, near, groups: groups.map(asJson) }, null, 2))
    else {
      for (const group of groups) print(inWords(group))
      const written = out === undefined ? '' : ` ${kept.length} written to ${out}.`
      print(`${counts.questions} questions: ${counts.doubles} doubles in ${counts.groups} groups.${written}`)
    }
    return 0
  },
}

const nearIn = (value: Invocation['values'][string]): number => {
  const near = value === undefined ? NEAR : Number(value)
  if (near >= 0.7 && near <= 1) return near
  throw new UsageError(`--near must lie between 0.7 and 1, not "${value}".`)
}

const readAll = async (files: readonly string[]): Promise<Example[]> => {
  const read = await Promise.all(files.map(file => readContext(resolve(file))))
  const problems = errorsOf(read.flatMap(context => context.problems))
  if (problems.length > 0) throw new InvalidFilesError(problems, files)
  return read.flatMap(({ examples }) => examples)
}

/** Lines of JSON as they stand, with every field that somebody put there; a CSV's rows as lines of ours. */
const linesOf = async (examples: readonly Example[]): Promise<string> => {
  const texts = new Map<string, string[]>()
  const lines: string[] = []
  for (const example of examples) {
    const colon = example.at.lastIndexOf(':')
    const file = example.at.slice(0, colon)
    if (/\.csv(\.gz)?$/i.test(file)) lines.push(asLine(example))
    else {
      const own = texts.get(file) ?? (await readText(file)).replace(/^\ufeff/, '').split('\n')
      texts.set(file, own)
      lines.push(own[Number(example.at.slice(colon + 1)) - 1]?.trim() ?? '')
    }
  }
  return lines.map(line => `${line}\n`).join('')
}

const asLine = ({ at: _, reply, ...example }: Example) =>
  JSON.stringify({ ...example, ...(reply === undefined ? {} : { reply: reply.runbook ?? reply.text }) })

const asJson = ({ first, others, tasks }: Group) => ({
  first: shortPlace(first),
  question: first.question,
  tasks,
  others: others.map(({ example, similarity }) => ({
    at: shortPlace(example),
    similarity,
    task: example.task,
  })),
})

const inWords = ({ first, others, tasks }: Group): string =>
  [
    `${shortPlace(first)}: ${shortened(first.question)}${tasks.length > 1 ? ` [labelled ${tasks.join(' and ')}]` : ''}`,
    ...others.map(({ example, similarity }) => `  ${similarity.toFixed(2)}  ${shortPlace(example)}`),
  ].join('\n')

const shortened = (text: string) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 90 ? `${line.slice(0, 87)}...` : line
}

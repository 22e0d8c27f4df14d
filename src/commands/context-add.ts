import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { appendLines } from '../knowledge/append-lines.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import { errorsOf, InvalidFilesError } from '../knowledge/problem.ts'
import { readSources } from '../knowledge/sources.ts'
import { correctionsPath, declinedLineOf, readCorrections } from '../observe/corrections.ts'
import { type Part, UsageError } from './command.ts'
import { configFor } from './config-for.ts'
import { askAbout, inWords, type Open, sortCorrections, type Verdicts } from './corrections.ts'

export const add: Part = {
  summary: 'make examples of what clients corrected, after a person has looked at each',
  usage: 'coe-ops context add --from-feedback [--map FILE] [--to FILE] [--yes] [--json]',
  examples: [
    'coe-ops context add --from-feedback',
    'coe-ops context add --from-feedback --map my-map.yaml --to context/my.jsonl',
  ],
  options: {
    'from-feedback': { type: 'boolean', help: 'take them from COE_DATA/feedback.jsonl' },
    map: { type: 'string', help: 'the map whose context they are for (COE_MAP)' },
    to: { type: 'string', help: 'file of the context that they are added to [the last .jsonl of the map]' },
    yes: {
      type: 'boolean',
      help: 'add all of them without asking: whoever has a key then writes your examples',
    },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    'Without a terminal nothing is asked, and without --yes nothing is changed then. A running gateway notices the change by itself.',
  async run({ values, words, environment, print, complain }) {
    if (words.length > 0 || values['from-feedback'] !== true) {
      throw new UsageError(
        'It is: coe-ops context add --from-feedback. Examples of your own are lines in a file.',
      )
    }
    const config = configFor({ values, environment })
    const { map, problems, files } = await readSources(config.mapPath, config.environment)
    if (map === undefined || errorsOf(problems).length > 0) throw new InvalidFilesError(problems, files)
    const file = fileFor(map.context, values.to === undefined ? undefined : String(values.to))
    const corrections = await readCorrections(config.dataPath)
    const { open, notes } = await sortCorrections(corrections, map)
    const tasks = [...map.tasks.keys(), UNKNOWN]
    const verdicts = await judged(open, tasks, values.yes === true, values.json === true)
    if (verdicts.added.length > 0) await appendLines(file, verdicts.added.map(lineOf))
    if (verdicts.declined.length > 0) {
      const never = new Set(verdicts.declined.map(({ question }) => question))
      const lines = corrections.filter(({ question = '' }) => never.has(question)).map(declinedLineOf)
      await appendFile(correctionsPath(config.dataPath), lines.join(''))
    }
    for (const note of notes) complain(note)
    print(values.json === true ? asJson(open, verdicts, file) : outcomeOf(open, verdicts, file))
    return 0
  },
}

const fileFor = (context: readonly string[], to: string | undefined): string => {
  const [found] = to === undefined ? context.filter(isLines).slice(-1) : [resolve(to)]
  if (found === undefined) throw new UsageError('The map names no .jsonl: say with --to where to add them.')
  if (!context.includes(found)) throw new UsageError(`The map's context does not name ${found}.`)
  if (!isLines(found)) throw new UsageError(`${found} is no .jsonl; lines cannot be added to it.`)
  return found
}

const isLines = (file: string) => /\.jsonl$/i.test(file)

const judged = async (
  open: readonly Open[],
  tasks: readonly string[],
  yes: boolean,
  silent: boolean,
): Promise<Verdicts> => {
  if (yes) return { added: open, declined: [] }
  if (silent || !process.stdin.isTTY || open.length === 0) return { added: [], declined: [] }
  // Standard output is for results.
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const over = new AbortController()
  terminal.once('close', () => over.abort())
  // Nothing is written yet, and somebody who leaves in the middle does not want what was said so far.
  terminal.once('SIGINT', () => process.exit(130))
  const ask = (text: string) => {
    // Only its last line is the prompt: the terminal's editing cannot cope with more.
    const prompt = text.lastIndexOf('\n') + 1
    process.stderr.write(text.slice(0, prompt))
    return terminal.question(text.slice(prompt), { signal: over.signal }).catch(() => undefined)
  }
  try {
    return await askAbout(open, { tasks, ask })
  } finally {
    terminal.close()
  }
}

const lineOf = ({ question, to, requestId }: Open) =>
  JSON.stringify({ question, task: to, source: `feedback ${requestId}` })

const outcomeOf = (open: readonly Open[], { added, declined }: Verdicts, file: string): string => {
  if (open.length === 0) return 'No correction waits for a look.'
  const left = open.length - added.length - declined.length
  const counts = `${added.length} added to ${file}, ${declined.length} declined, ${left} left.`
  if (added.length + declined.length > 0) return counts
  return [...open.map(inWords), counts, 'On a terminal each is asked about; --yes adds them all.'].join('\n')
}

const asJson = (open: readonly Open[], { added, declined }: Verdicts, file: string): string => {
  const done = new Set([...added, ...declined].map(({ requestId }) => requestId))
  const shown = ({ at, requestId, question, from, to, expert, score }: Open) => ({
    at,
    requestId,
    question,
    from,
    to,
    expert,
    score,
  })
  return JSON.stringify(
    {
      file,
      added: added.map(shown),
      declined: declined.map(shown),
      open: open.filter(({ requestId }) => !done.has(requestId)).map(shown),
    },
    null,
    2,
  )
}

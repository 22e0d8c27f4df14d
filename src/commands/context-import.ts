import { keys, type Renamed } from '../knowledge/import/columns.ts'
import { type FormatName, formats, isFormat } from '../knowledge/import/format.ts'
import { type Imported, importAll } from '../knowledge/import/import.ts'
import type { ImportedRow } from '../knowledge/import/row.ts'
import { isTask } from '../knowledge/import/task-names.ts'
import { formatProblem, InvalidFilesError } from '../knowledge/problem.ts'
import { shareOf } from '../measure/split.ts'
import { type Invocation, type Part, UsageError } from './command.ts'
import { besides, refuseToReplace, writeWhole } from './write-rows.ts'

const names = ['auto', ...Object.keys(formats)].join(', ')

export const importing: Part = {
  summary: "bring in other people's question sets as examples or questions of ours",
  usage:
    'coe-ops context import SOURCE... --out FILE [--format NAME] [--tasks FILE | --task NAME] [--share 0.2]',
  examples: [
    'coe-ops context import devopseval-exam/ --tasks category_mapping.json --split test --out questions.jsonl',
    'coe-ops context import "Wired Network.json" --task network --out network.jsonl',
    'coe-ops context import tickets.csv --columns question=Frage,task=Thema --out tickets.jsonl',
    'coe-ops context import mmlu/test/ --share 0.2 --seed 1 --out mmlu.jsonl',
  ],
  options: {
    out: { type: 'string', help: 'file that is written (.jsonl, .jsonl.gz)' },
    format: { type: 'string', help: `one of ${names} [auto]` },
    columns: { type: 'string', help: 'our names of their columns: question=Frage,task=Thema,A=Antwort1' },
    task: { type: 'string', help: 'the task of every row' },
    tasks: { type: 'string', help: 'YAML, JSON or CSV that says which file or category is which task' },
    split: { type: 'string', help: 'only files of this split: dev, val, test, train' },
    share: { type: 'string', help: 'divide: this share of each task as context, the rest as questions' },
    seed: { type: 'string', help: 'of the division [1]' },
    'skip-bad': { type: 'boolean', help: 'leave bad rows out instead of refusing everything' },
    force: { type: 'boolean', help: 'replace a file that is there already' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    'A SOURCE is a file or a folder that is looked through: .csv, .tsv, .json, .jsonl, also .gz. With --share, --out all.jsonl writes all.context.jsonl and all.questions.jsonl.',
  async run({ values, words, print, complain }) {
    const wanted = wantedBy(values, words)
    await refuseToReplace(wanted.paths, values.force === true)
    const imported = await importAll(wanted)
    const { rows, problems } = imported
    if (problems.length > 0 && values['skip-bad'] !== true)
      throw new InvalidFilesError(problems, wanted.sources)
    for (const problem of problems) complain(`left out: ${formatProblem(problem)}`)
    if (rows.length === 0) throw new UsageError('Nothing is left to be written.')
    const parts =
      wanted.share === undefined ? [rows] : Object.values(shareOf(rows, wanted.share, wanted.seed))
    if (parts.some(part => part.length === 0)) {
      throw new UsageError('There are too few rows to divide: one of the two files would be empty.')
    }
    await writeWhole(new Map(wanted.paths.map((path, i) => [path, asLines(parts[i] ?? [])])))
    const summary = summaryOf(imported, wanted.paths, parts)
    print(values.json === true ? JSON.stringify(summary, null, 2) : inWords(summary))
    return 0
  },
}

type Values = Invocation['values']

const wantedBy = (values: Values, sources: readonly string[]) => {
  const text = (name: string) => (values[name] === undefined ? undefined : String(values[name]))
  const [out, format, task, tasks] = [text('out'), text('format') ?? 'auto', text('task'), text('tasks')]
  if (sources.length === 0) throw new UsageError('context import needs a file or folder to read.')
  if (out === undefined) throw new UsageError('context import needs --out FILE.')
  if (format !== 'auto' && !isFormat(format)) throw new UsageError(`--format must be one of ${names}.`)
  if (task !== undefined && tasks !== undefined)
    throw new UsageError('--task and --tasks exclude each other.')
  if (task !== undefined && !isTask(task)) {
    throw new UsageError(`--task "${task}" cannot be the name of a task (letters, digits, ".", "-" and "_").`)
  }
  const share = shareIn(text('share'))
  const seed = Number(text('seed') ?? 1)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new UsageError('--seed must be a whole number.')
  return {
    sources,
    format: format as FormatName | 'auto',
    columns: columnsIn(text('columns')),
    task,
    tasks,
    split: text('split')?.toLowerCase(),
    share,
    seed,
    paths: share === undefined ? [out] : [besides(out, 'context'), besides(out, 'questions')],
  }
}

const shareIn = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const share = Number(text)
  if (share > 0 && share < 1) return share
  throw new UsageError(`--share must lie between 0 and 1 (0.2 is a fifth), not "${text}".`)
}

const columnsIn = (text: string | undefined): Renamed => {
  const pairs = (text ?? '').split(',').filter(pair => pair.trim() !== '')
  return new Map(
    pairs.map(pair => {
      const [key = '', column = ''] = [
        pair.slice(0, pair.indexOf('=')).trim(),
        pair.slice(pair.indexOf('=') + 1),
      ]
      const isKnown = keys.some(known => known === key) || /^[A-Z]$/.test(key)
      if (!pair.includes('=') || !isKnown || column.trim() === '') {
        throw new UsageError(
          `--columns: "${pair}" is not one of ${keys.join(', ')} or A to Z, "=" and a column.`,
        )
      }
      return [key, column.trim()]
    }),
  )
}

const asLines = (rows: readonly ImportedRow[]): string =>
  rows.map(({ at: _, several: __, ...row }) => `${JSON.stringify(row)}\n`).join('')

const summaryOf = (
  { rows, problems, files }: Imported,
  paths: readonly string[],
  parts: readonly ImportedRow[][] | readonly (readonly ImportedRow[])[],
) => {
  const tasks = new Map<string, { task: string; rows: number; withAnswer: number }>()
  for (const { task, answer } of rows) {
    const count = tasks.get(task) ?? { task, rows: 0, withAnswer: 0 }
    tasks.set(task, count)
    count.rows++
    if (answer !== undefined) count.withAnswer++
  }
  return {
    written: paths.map((file, i) => ({ file, rows: parts[i]?.length ?? 0 })),
    rows: rows.length,
    bad: problems.length,
    severalRight: rows.filter(({ several }) => several).length,
    tasks: [...tasks.values()].sort((a, b) => (a.task < b.task ? -1 : 1)),
    files,
  }
}

const inWords = ({ written, rows, bad, severalRight, tasks, files }: ReturnType<typeof summaryOf>): string =>
  [
    `${rows} rows from ${files.length} file${files.length === 1 ? '' : 's'} (${[...new Set(files.map(({ format }) => format))].join(', ')})`,
    '',
    `${'task'.padEnd(32)} ${'rows'.padStart(7)} ${'with answer'.padStart(12)}`,
    ...tasks.map(
      ({ task, rows, withAnswer }) =>
        `${task.padEnd(32)} ${String(rows).padStart(7)} ${String(withAnswer).padStart(12)}`,
    ),
    '',
    ...(severalRight === 0
      ? []
      : [`${severalRight} have several right options: written without an answer, as examples only.`]),
    ...(bad === 0 ? [] : [`${bad} problems: those rows were left out.`]),
    ...written.map(({ file, rows }) => `${file}: ${rows} rows`),
  ].join('\n')

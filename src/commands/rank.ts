import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { replaceFile } from '../knowledge/replace-file.ts'
import { createBudget } from '../measure/budget.ts'
import { readPrompts } from '../measure/rank/prompt.ts'
import type { RankQuestion } from '../measure/rank/questions.ts'
import type { Budget, RankPlan } from '../measure/rank/rank-plan.ts'
import { rankMarkdown, rankPage } from '../measure/rank/report.ts'
import { type Ranked, runRank } from '../measure/rank/run.ts'
import { htmlOf } from '../measure/report/page.ts'
import { type Command, UsageError } from './command.ts'
import { configFor } from './config-for.ts'
import { readGivenMap, readGivenQuestions } from './given-files.ts'
import { interruptions } from './interruptions.ts'
import { rankProgress } from './rank-progress.ts'
import { asJson, type Judged, judged } from './rank-result.ts'
import { expertsWanted, type RankWanted, rankWantedBy } from './rank-wanted.ts'
import { writeMap } from './rank-write.ts'

export const rank: Command = {
  usage: 'coe-ops rank --questions FILE... [--map FILE] [--experts A,B] [--budget N] [--max-cost SUM]',
  examples: [
    'coe-ops rank --map my-map.yaml --questions questions.jsonl --outcomes outcomes.csv',
    'coe-ops rank --map my-map.yaml --questions a.csv,b.jsonl.gz --experts gemma,qwen --max-cost 2.50',
    'coe-ops rank --map my-map.yaml --questions questions.jsonl --out measured.yaml --report out/',
  ],
  options: {
    map: { type: 'string', help: 'the map whose experts are measured (COE_MAP)' },
    questions: { type: 'string', multiple: true, help: 'files of questions with task and answer' },
    experts: { type: 'string', help: 'measure only these [all behind a url]' },
    budget: { type: 'string', help: 'ask for so many answers in all, where they tell most [all]' },
    'max-cost': { type: 'string', help: 'stop before it costs more, earlier runs included; needs prices' },
    out: { type: 'string', help: 'write the map here [over --map; the old one stays as .bak]' },
    outcomes: { type: 'string', help: 'write who answered what right: CSV, for bench replay' },
    report: { type: 'string', help: 'folder for report.md and report.html' },
    unpin: { type: 'boolean', help: 'take away the pinned orders of measured tasks, so that figures decide' },
    concurrency: { type: 'string', help: "most calls at once an expert [the map's]" },
    'max-tokens': { type: 'string', help: 'longest answer [4096]' },
    prompt: { type: 'string', help: 'a prompt file of your own for questions with options' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  after: () =>
    [
      'Every answer is written to COE_DATA/rank before it counts. Interrupted or killed, the same command goes on where it',
      'was; no answer is paid for twice. Ctrl-C waits for the calls under way, twice ends at once.',
      'Exit code 1: something is still open, and is named. 2: wrong usage or unreadable files; nothing was asked or written.',
    ].join('\n'),
  async run({ values, words, environment, print, complain }) {
    if (words.length > 0) throw new UsageError('rank takes options only.')
    const config = configFor({ values, environment })
    const wanted = rankWantedBy(values, config)
    const { plan, text, notes } = await planFor(wanted, config)
    for (const note of notes) complain(note)
    const progress = rankProgress(complain)
    const stops = interruptions(complain)
    const ranked = await runRank(plan, progress.show, stops).finally(() => {
      progress.clear()
      stops.end()
    })
    if (stops.soon.aborted) return interrupted(ranked, complain)
    const result = judged(plan, ranked, wanted)
    if (wanted.outcomes !== undefined) await replaceFile(resolve(wanted.outcomes), result.outcomes)
    const problem = await writeMap(plan.map, text, { wanted, result, environment })
    if (wanted.report !== undefined) await writeReport(wanted.report, result)
    print(
      values.json === true
        ? JSON.stringify(asJson(result, wanted, problem), null, 2)
        : rankMarkdown(result.report),
    )
    const open = [...result.open, ...(problem === undefined ? [] : [problem])]
    for (const sentence of open) complain(sentence)
    return open.length === 0 ? 0 : 1
  },
}

/** Reads and checks everything before the first question is asked. */
const planFor = async (
  wanted: RankWanted,
  { dataPath, environment }: Config,
): Promise<{ plan: RankPlan; text: string; notes: string[] }> => {
  const { map, text } = await readGivenMap(wanted.map, environment)
  const experts = expertsWanted(map, wanted)
  const [read, prompt] = await Promise.all([
    readGivenQuestions(wanted.questions, map),
    readPrompts(wanted.prompt),
  ])
  if (read.questions.length === 0)
    throw new UsageError('The questions are all of "unknown": there is no task to measure.')
  const { maxCost, maxTokens, concurrency } = wanted
  const budget = wanted.budget === undefined ? undefined : budgetOf(wanted.budget, read.questions)
  const { questions, ofNoTask } = read
  return {
    plan: { map, experts, questions, prompt, dataPath, maxCost, maxTokens, concurrency, budget },
    text,
    notes:
      ofNoTask === 0 ? [] : [`${ofNoTask} questions of "unknown" are not asked: no score could be theirs.`],
  }
}

/** Always of the same seed: a run that goes on chooses as the one before would have. */
const budgetOf = (calls: number, questions: readonly RankQuestion[]): Budget => {
  const tasksOfQuestions = questions.map(({ task }) => task)
  return {
    calls,
    sourceFor: (experts, left) => createBudget({ experts, tasksOfQuestions, calls: left, seed: 1 }),
  }
}

const interrupted = ({ experts }: Ranked, complain: (text: string) => void): number => {
  const runs = [...experts.values()]
  const answers = runs.reduce((sum, { verdicts }) => sum + verdicts.size, 0)
  const open = runs.reduce((sum, run) => sum + run.open.length, 0)
  complain(
    `Interrupted: ${answers} answers are kept, ${open} are open, no map was written. The same command goes on from here.`,
  )
  return 130
}

const writeReport = async (folder: string, { report }: Judged) => {
  await mkdir(folder, { recursive: true })
  await replaceFile(join(folder, 'report.md'), `${rankMarkdown(report)}\n`)
  await replaceFile(join(folder, 'report.html'), await htmlOf(rankPage(report)))
}

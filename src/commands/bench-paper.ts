import { basename } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { isBuiltin } from '../knowledge/map.ts'
import { errorsOf, InvalidFilesError } from '../knowledge/problem.ts'
import type { PromptTemplate } from '../knowledge/prompt.ts'
import { readPrompt } from '../knowledge/sources.ts'
import type { TaskMap } from '../knowledge/task-map.ts'
import { paperJson } from '../measure/paper/json.ts'
import { type PaperReport, paperPage, paperTablesPage } from '../measure/paper/page.ts'
import { type Classifier, notesFor, type PaperPlan, questionSets } from '../measure/paper/plan.ts'
import { prepareSets } from '../measure/paper/prepare.ts'
import { type PaperResult, runPaper } from '../measure/paper/run.ts'
import { readPrompts } from '../measure/rank/prompt.ts'
import { markdownFrom } from '../measure/report/markdown.ts'
import { htmlOf } from '../measure/report/page.ts'
import { benchDeps, writeFiles } from './bench-deps.ts'
import { type PaperWanted, paperWantedBy } from './bench-paper-wanted.ts'
import { type Invocation, UsageError } from './command.ts'
import { readGivenMap, readGivenQuestions } from './given-files.ts'
import { interruptions } from './interruptions.ts'
import { rankProgress } from './rank-progress.ts'
import { openIn } from './rank-result.ts'
import { expertsWanted } from './rank-wanted.ts'

/** `bench paper`: the experiments of the CoE-Ops paper, with somebody's own questions and experts. */
export const benchPaper = async ({ values, environment, print, complain }: Invocation): Promise<number> => {
  const wanted = paperWantedBy(values)
  const config = loadConfig({ ...environment, COE_MAP: String(values.map) })
  const { plan, notes } = await planFor(wanted, config)
  const result = await measured(plan, config, complain)
  if (result === undefined) {
    complain('Interrupted: all answers so far are kept. The same command goes on from here.')
    return 130
  }
  const open = openOf(plan, result)
  const title = `The CoE-Ops experiments with ${basename(config.mapPath)}`
  const report: PaperReport = { title, result, modelOf: modelsIn(plan.map), notes: [...notes, ...open] }
  const json = JSON.stringify(paperJson(plan, report, open.length === 0), null, 2)
  const text = markdownFrom(paperTablesPage(report))
  if (values.report !== undefined) {
    await writeFiles(String(values.report), {
      'report.md': `${text}\n`,
      'paper.json': `${json}\n`,
      'report.html': await htmlOf(paperPage(report)),
    })
  }
  print(values.json === true ? json : text)
  for (const sentence of open) complain(sentence)
  return open.length === 0 ? 0 : 1
}

/** Reads and checks everything before the first question is asked. */
const planFor = async (
  wanted: PaperWanted,
  { dataPath, environment, mapPath }: Config,
): Promise<{ plan: PaperPlan; notes: string[] }> => {
  const { map } = await readGivenMap(mapPath, environment)
  const classifier = await classifierIn(map)
  const { maxCost, maxTokens, concurrency, contextShare, seed } = wanted
  const named = wanted.expertSets?.flat()
  const experts = expertsWanted(map, { experts: named, maxCost })
  if (experts.length < 2)
    throw new UsageError('bench paper compares experts: the map needs two behind a url.')
  // What it is asked costs as well.
  if (classifier !== null) expertsWanted(map, { experts: [classifier.expert], maxCost })
  const [{ questions }, prompt] = await Promise.all([
    readGivenQuestions(wanted.questions, map),
    readPrompts(wanted.prompt),
  ])
  const plan: PaperPlan = {
    map,
    sets: questionSets(questions, wanted.set, { contextShare, seed }),
    expertSets: wanted.expertSets ?? [experts],
    ...{ prompt, classifier, dataPath, contextShare, seed, maxCost, maxTokens, concurrency },
  }
  return { plan, notes: notesFor(questions, plan) }
}

/** Both forms of its prompt; the map's own takes the place of the one that it is for. */
const classifierIn = async ({ classifier, experts }: TaskMap): Promise<Classifier | null> => {
  const definition = classifier && experts.get(classifier.expert)
  if (classifier === undefined || definition === undefined || isBuiltin(definition)) return null
  const inForm = async (context: boolean): Promise<PromptTemplate> => {
    const { prompt: own, ...shipped } = classifier
    const given = context === classifier.context && own !== undefined ? { ...shipped, prompt: own } : shipped
    const { template, file, problems } = await readPrompt({ classifier: { ...given, context } })
    if (template === undefined) throw new InvalidFilesError(errorsOf(problems), [file])
    return template
  }
  const [withContext, withoutContext] = await Promise.all([inForm(true), inForm(false)])
  return { expert: classifier.expert, prompts: { withContext, withoutContext } }
}

/** First all that is free: until somebody is asked, Ctrl-C ends it at once. */
const measured = async (
  plan: PaperPlan,
  config: Config,
  complain: Invocation['complain'],
): Promise<PaperResult | undefined> => {
  const { deps, done } = benchDeps(config, complain)
  const prepared = await prepareSets(plan, deps).finally(done)
  const progress = rankProgress(complain)
  const stops = interruptions(complain)
  return await runPaper(plan, prepared, { stops, onAnswers: progress.show }).finally(() => {
    progress.clear()
    stops.end()
  })
}

const openOf = ({ classifier: about }: PaperPlan, { experts, classifier }: PaperResult): string[] => [
  ...openIn(experts),
  ...(classifier === undefined || about === null
    ? []
    : openIn(new Map([[about.expert, classifier]]), 'Classifier')),
]

const modelsIn =
  ({ experts }: TaskMap) =>
  (expert: string): string => {
    const definition = experts.get(expert)
    return definition === undefined || isBuiltin(definition) ? expert : definition.model
  }

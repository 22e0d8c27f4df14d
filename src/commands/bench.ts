import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { createLeases } from '../leases.ts'
import { guardOverlap } from '../measure/overlap.ts'
import { pageOf } from '../measure/page.ts'
import { planFor, type Wanted } from '../measure/plan.ts'
import { markdownOf } from '../measure/report.ts'
import { meanOfAll, type RunDeps, run } from '../measure/run.ts'
import type { Report } from '../measure/tables.ts'
import { createRetriever, type Retriever } from '../retrieval/retriever.ts'
import { wantedBy } from './bench-wanted.ts'
import { type Command, UsageError } from './command.ts'
import { progressLine } from './progress.ts'

export const bench: Command = {
  summary: 'measure how well questions find their task',
  usage:
    'coe-ops bench classify (--context FILE... | --map FILE) [--questions FILE... | --folds | --share N]',
  examples: [
    'coe-ops bench classify --map mappings/aiops.yaml --folds --report out/',
    'coe-ops bench classify --context train.jsonl --questions test.jsonl --json',
    'coe-ops bench classify --context a.jsonl,b.jsonl --folds --perturb',
    'coe-ops bench classify --context all.jsonl --share 5 --draws 20',
  ],
  options: {
    context: { type: 'string', multiple: true, help: "files of examples, comma-separated (the map's own)" },
    questions: { type: 'string', multiple: true, help: 'files of questions with their task' },
    map: {
      type: 'string',
      help: 'tasks, allowed error and classifier; without one, tasks are those of the context',
    },
    folds: { type: 'boolean', help: 'five parts, each asked with the other four as context' },
    share: { type: 'string', help: 'so many examples a task as context, all others asked' },
    draws: { type: 'string', help: 'how often --share is drawn [20]' },
    classifier: { type: 'string', help: 'none, or the expert of the map that is asked when unsure [none]' },
    without: { type: 'string', help: 'tasks held out of the context: their questions are "unknown"' },
    perturb: { type: 'boolean', help: 'ask everything once more in seven damaged forms' },
    'allow-overlap': { type: 'boolean', help: 'measure although questions stand in the context already' },
    seed: { type: 'string', help: 'of folds, draws and damage [1]' },
    json: { type: 'boolean', help: 'print one JSON document' },
    report: { type: 'string', help: 'folder for report.md and report.html' },
  },
  after: () =>
    [
      'A question with options is asked as a client would send it: the question, then lines "A. ...", "B. ...".',
      'No language model is called unless --classifier names one. Vectors are kept in COE_DATA: after Ctrl-C the next run goes on from there.',
    ].join('\n'),
  async run({ values, words, environment, print, complain }) {
    if (words.length !== 1 || words[0] !== 'classify') {
      throw new UsageError('bench knows one thing to measure: classify.')
    }
    const wanted = wantedBy(values)
    const config = loadConfig(environment)
    const plan = await planFor(wanted, config.environment)
    const divides = wanted.folds || wanted.share !== undefined
    guardOverlap({ parts: plan.parts, divides, allow: values['allow-overlap'] === true, complain })
    const progress = stages(complain)
    const lacks = new Set<string>()
    const deps = depsFor(config, progress.show, problem => lacks.add(problem))
    const measured = await run(plan, deps, new AbortController().signal).finally(progress.clear)
    for (const problem of lacks) complain(`Measured with less than there could be: ${problem}`)
    const report = { title: titleOf(wanted), measured, mean: meanOfAll(measured) }
    if (values.report !== undefined) await writeReport(String(values.report), report)
    print(values.json === true ? JSON.stringify(asJson(wanted, report), null, 2) : markdownOf(report))
    return 0
  },
}

const depsFor = (
  { encoder, modelsPath, dataPath }: Config,
  onProgress: RunDeps['onProgress'],
  onLack: (problem: string) => void,
): RunDeps => ({
  retrievers: createLeases<Retriever>(retriever => retriever.close()),
  onProgress,
  async createRetriever(given) {
    const retriever = await createRetriever({
      ...given,
      encoder,
      modelsPath,
      dataPath,
      // Two questions at a time would disturb each other's latencies.
      workers: 1,
      queue: 1_000,
      onProgress: (done, total) => onProgress('encoding', done, total),
    })
    const { encoderProblem, indexBecause } = retriever.about
    for (const problem of [encoderProblem, indexBecause]) if (problem !== undefined) onLack(problem)
    return retriever
  },
})

const titleOf = ({ context, map, folds, share, without }: Wanted): string =>
  [
    `Telling tasks apart: ${(context.length > 0 ? context : [map ?? '']).map(file => basename(file)).join(', ')}`,
    folds ? 'five folds' : '',
    share === undefined ? '' : `${share.examples} examples a task, ${share.draws} draws`,
    without.length === 0 ? '' : `without ${without.join(', ')}`,
  ]
    .filter(part => part !== '')
    .join('; ')

/** One document: the figures themselves, or those of every part and their mean. */
const asJson = ({ folds }: Wanted, { measured, mean }: Report) => {
  if (mean === undefined && !folds) return measured[0]?.result
  const parts = measured.map(({ name, result }) => ({ name, ...result }))
  return folds ? { folds: parts, mean } : { draws: parts, mean }
}

const writeReport = async (folder: string, report: Report) => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'report.md'), `${markdownOf(report)}\n`)
  await writeFile(join(folder, 'report.html'), await pageOf(report))
}

/** A progress line for each stage, the one before it taken away. */
const stages = (complain: (text: string) => void) => {
  let [stage, line] = ['', progressLine('', complain)]
  return {
    show: (what: string, done: number, total: number) => {
      if (what !== stage) {
        line.clear()
        stage = what
        line = progressLine(what, complain)
      }
      line.show(done, total)
    },
    clear: () => line.clear(),
  }
}

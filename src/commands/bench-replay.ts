import { basename } from 'node:path'
import { loadConfig } from '../config.ts'
import { guardOverlap } from '../measure/overlap.ts'
import { replayPage } from '../measure/replay/page.ts'
import { replayPlanFor, type Wanted } from '../measure/replay/plan.ts'
import { replay } from '../measure/replay/replay.ts'
import { replayTables } from '../measure/replay/tables.ts'
import { markdownFrom } from '../measure/report/markdown.ts'
import { htmlOf } from '../measure/report/page.ts'
import { asSection } from '../measure/tables.ts'
import { benchDeps, writeFiles } from './bench-deps.ts'
import { countIn, onlyPaper, refuseOptions } from './bench-wanted.ts'
import { type Invocation, UsageError } from './command.ts'
import { filesIn } from './lists.ts'

/** `bench replay`: the whole system, by outcomes that are known. */
export const benchReplay = async ({ values, environment, print, complain }: Invocation): Promise<number> => {
  const wanted = replayWantedBy(values)
  const config = loadConfig(environment)
  const plan = await replayPlanFor(wanted, config.environment)
  guardOverlap({
    parts: plan.classify.parts,
    divides: wanted.map === undefined,
    allow: values['allow-overlap'] === true,
    complain,
  })
  const { deps, done } = benchDeps(config, complain)
  const result = await replay(plan, deps, new AbortController().signal).finally(done)
  const title = `Replay of ${wanted.outcomes.map(file => basename(file)).join(', ')}`
  const json = JSON.stringify(result, null, 2)
  const text = markdownFrom({ title, sections: replayTables(result).map(asSection) })
  if (values.report !== undefined) {
    await writeFiles(String(values.report), {
      'report.md': `${text}\n`,
      'replay.json': `${json}\n`,
      'report.html': await htmlOf(replayPage(title, result)),
    })
  }
  print(values.json === true ? json : text)
  return 0
}

const onlyClassify = ['context', 'draws', 'classifier', 'without', 'perturb']

const replayWantedBy = (values: Invocation['values']): Wanted => {
  refuseOptions(values, [...onlyClassify, ...onlyPaper], 'replay')
  const [questions, outcomes] = [filesIn(values.questions), filesIn(values.outcomes)]
  if (questions.length === 0 || outcomes.length === 0) {
    throw new UsageError('bench replay needs --questions and --outcomes.')
  }
  if (values.share !== undefined && values['per-task'] !== undefined) {
    throw new UsageError('--share and --per-task mean the same here: give one.')
  }
  const few = values['per-task'] === undefined ? 'share' : 'per-task'
  const map = values.map === undefined ? undefined : String(values.map)
  const wanted = {
    questions,
    outcomes,
    map,
    fit: map === undefined || values.fit === true,
    pools: values.pools === undefined ? 0 : countIn(values, 'pools', 1),
    perTask: values[few] === undefined ? undefined : countIn(values, few, 1),
    budget: shareIn(values, 'budget'),
    newExpert: values['new-expert'] === undefined ? undefined : String(values['new-expert']),
    classifierAccuracy: shareIn(values, 'classifier-accuracy') ?? 0.9,
    seed: countIn(values, 'seed', 1),
  }
  checkTogether(wanted)
  return wanted
}

const checkTogether = ({ fit, pools, perTask, budget, newExpert }: Wanted) => {
  const knowsLess = perTask !== undefined || budget !== undefined || newExpert !== undefined
  if (!fit && (pools > 0 || knowsLess)) {
    throw new UsageError('--pools, --per-task, --budget and --new-expert fit maps: add --fit.')
  }
  if (budget !== undefined && (perTask !== undefined || newExpert !== undefined)) {
    throw new UsageError('--budget decides itself what is asked: leave --per-task and --new-expert out.')
  }
}

const shareIn = (values: Invocation['values'], name: string): number | undefined => {
  const value = values[name]
  if (value === undefined) return undefined
  const share = Number(value)
  if (!(share > 0 && share <= 1)) {
    throw new UsageError(`--${name} must be a share above 0 and up to 1, such as 0.25, not "${value}".`)
  }
  return share
}

import type { Wanted } from '../measure/plan.ts'
import { type Invocation, UsageError } from './command.ts'
import { filesIn, listIn } from './lists.ts'

/** The options as something that can be measured, or what is wrong with them. */
export const onlyPaper = [
  'set',
  'experts',
  'context-share',
  'prompt',
  'max-cost',
  'max-tokens',
  'concurrency',
]
const onlyReplay = ['outcomes', 'fit', 'per-task', 'budget', 'new-expert', 'pools', 'classifier-accuracy']

export const wantedBy = (values: Invocation['values']): Wanted => {
  refuseOptions(values, [...onlyReplay, ...onlyPaper], 'classify')
  const [context, questions] = [filesIn(values.context), filesIn(values.questions)]
  const [folds, map] = [values.folds === true, values.map]
  if (context.length === 0 && map === undefined) throw new UsageError('bench needs --context or --map.')
  if (folds && values.share !== undefined) throw new UsageError('--folds and --share exclude each other.')
  const divides = folds || values.share !== undefined
  const same = [...questions].sort().join() === [...context].sort().join()
  if (divides && questions.length > 0 && !same) {
    throw new UsageError('--folds and --share divide the context itself: leave --questions out.')
  }
  if (!divides && questions.length === 0) throw new UsageError('bench needs --questions, --folds or --share.')
  const classifier = values.classifier === 'none' ? undefined : values.classifier
  if (classifier !== undefined && map === undefined) {
    throw new UsageError('--classifier needs the --map that says where this expert is.')
  }
  return {
    context,
    questions,
    map: map === undefined ? undefined : String(map),
    classifier: classifier === undefined ? undefined : String(classifier),
    without: listIn(values.without),
    folds,
    share:
      values.share === undefined
        ? undefined
        : { examples: countIn(values, 'share', 1), draws: countIn(values, 'draws', 20) },
    perturb: values.perturb === true,
    seed: countIn(values, 'seed', 1),
  }
}

/** An option that would be ignored is a mistake that nobody sees. */
export const refuseOptions = (values: Invocation['values'], names: readonly string[], what: string) => {
  const given = names.filter(name => values[name] !== undefined)
  if (given.length > 0) {
    throw new UsageError(`bench ${what} has no use for ${given.map(name => `--${name}`).join(', ')}.`)
  }
}

export const countIn = (values: Invocation['values'], name: string, fallback: number): number => {
  const value = values[name] ?? String(fallback)
  if (!/^[1-9]\d{0,8}$/.test(String(value))) {
    throw new UsageError(`--${name} must be a whole number from 1 on, not "${value}".`)
  }
  return Number(value)
}

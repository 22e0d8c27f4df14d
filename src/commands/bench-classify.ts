import { basename } from 'node:path'
import { loadConfig } from '../config.ts'
import { guardOverlap } from '../measure/overlap.ts'
import { pageOf } from '../measure/page.ts'
import { planFor, type Wanted } from '../measure/plan.ts'
import { markdownOf } from '../measure/report.ts'
import { meanOfAll, run } from '../measure/run.ts'
import type { Report } from '../measure/tables.ts'
import { benchDeps, writeFiles } from './bench-deps.ts'
import { wantedBy } from './bench-wanted.ts'
import type { Invocation } from './command.ts'

/** `bench classify`: how well questions find their task. */
export const benchClassify = async ({
  values,
  environment,
  print,
  complain,
}: Invocation): Promise<number> => {
  const wanted = wantedBy(values)
  const config = loadConfig(environment)
  const plan = await planFor(wanted, config.environment)
  guardOverlap({
    parts: plan.parts,
    divides: wanted.folds || wanted.share !== undefined,
    allow: values['allow-overlap'] === true,
    complain,
  })
  const { deps, done } = benchDeps(config, complain)
  const measured = await run(plan, deps, new AbortController().signal).finally(done)
  const report = { title: titleOf(wanted), measured, mean: meanOfAll(measured) }
  if (values.report !== undefined) {
    await writeFiles(String(values.report), {
      'report.md': `${markdownOf(report)}\n`,
      'report.html': await pageOf(report),
    })
  }
  print(values.json === true ? JSON.stringify(asJson(wanted, report), null, 2) : markdownOf(report))
  return 0
}

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

import { loadConfig } from '../config.ts'
import { errorsOf, formatProblem, warningsOf } from '../knowledge/problem.ts'
import { readSources } from '../knowledge/sources.ts'
import type { TaskMap } from '../knowledge/task-map.ts'
import { type Command, UsageError } from './command.ts'
import { counted } from './counted.ts'

export const check: Command = {
  usage: 'coe-ops check [MAP] [--json]',
  examples: ['coe-ops check', 'coe-ops check mappings/aiops.yaml', 'coe-ops check my-map.yaml --json'],
  options: { json: { type: 'boolean', help: 'print one JSON document' } },
  async run({ values, words, environment, print }) {
    if (words.length > 1) throw new UsageError('check takes one map.')
    const config = loadConfig({ ...environment, ...(words[0] === undefined ? {} : { COE_MAP: words[0] }) })
    const { map, examples, problems, version } = await readSources(config.mapPath, config.environment)
    const errors = errorsOf(problems)
    if (values.json === true) {
      print(JSON.stringify({ ok: errors.length === 0, file: config.mapPath, version, problems }, null, 2))
    } else {
      for (const problem of problems) print(formatProblem(problem))
      print(
        map !== undefined && errors.length === 0
          ? `${map.name}: fine. ${contentOf(map, examples.length)}, ${counted(warningsOf(problems).length, 'warning')}.`
          : `${counted(errors.length, 'problem')}: the map cannot be used.`,
      )
    }
    return errors.length === 0 ? 0 : 1
  },
}

const contentOf = ({ tasks, experts }: TaskMap, examples: number) =>
  [counted(tasks.size, 'task'), counted(experts.size, 'expert'), counted(examples, 'example')].join(', ')

import type { Snapshot } from '../knowledge/snapshot.ts'
import { type Part, UsageError } from './command.ts'
import { withGateway } from './with-gateway.ts'

export const stats: Part = {
  summary: 'how many examples there are, and how well they tell the tasks apart',
  usage: 'coe-ops context stats [--map FILE] [--json]',
  examples: ['coe-ops context stats', 'coe-ops context stats --map mappings/aiops.yaml --json'],
  options: {
    map: { type: 'string', help: 'the map whose context is looked at (COE_MAP)' },
    json: { type: 'boolean', help: 'print one JSON document' },
  },
  async run(invocation) {
    const { values, words, print } = invocation
    if (words.length > 0) throw new UsageError(`context stats takes no file: --map says whose context it is.`)
    const found = await withGateway(invocation, ({ live }) => statsOf(live.current().snapshot))
    print(values.json === true ? JSON.stringify(found, null, 2) : inWords(found))
    return 0
  },
}

type TaskStats = {
  task: string
  examples: number
  replies: number
  right: number
  mistakenFor: [string, number][]
}

/** Each example decided by all the others: where the context contradicts itself shows here. */
export const statsOf = ({ examples, retriever, threshold }: Snapshot) => {
  const tasks = new Map<string, TaskStats & { wrong: Map<string, number> }>()
  let right = 0
  for (const { row, task: said } of retriever.about.judged) {
    const example = examples[row]
    if (example === undefined) continue
    const stats = tasks.get(example.task) ?? {
      task: example.task,
      examples: 0,
      replies: 0,
      right: 0,
      mistakenFor: [],
      wrong: new Map<string, number>(),
    }
    tasks.set(example.task, stats)
    stats.examples++
    if (example.reply !== undefined) stats.replies++
    if (said === example.task) {
      stats.right++
      right++
    } else stats.wrong.set(said, (stats.wrong.get(said) ?? 0) + 1)
  }
  const { encoder, index } = retriever.about
  return {
    examples: examples.length,
    encoder,
    index,
    threshold: threshold ?? null,
    leaveOneOut: {
      accuracy: examples.length === 0 ? 0 : right / examples.length,
      right,
      of: examples.length,
    },
    tasks: [...tasks.values()].map(({ wrong, ...stats }) => ({
      ...stats,
      accuracy: stats.right / stats.examples,
      mistakenFor: [...wrong].sort((a, b) => b[1] - a[1]),
    })),
  }
}

const inWords = (stats: ReturnType<typeof statsOf>): string => {
  const { accuracy, right, of } = stats.leaveOneOut
  return [
    `${stats.examples} examples, encoder ${stats.encoder}, index ${stats.index}`,
    '',
    `${'task'.padEnd(28)} ${'examples'.padStart(8)} ${'replies'.padStart(8)} ${'right'.padStart(7)}  mistaken for`,
    ...stats.tasks.map(
      task =>
        `${task.task.padEnd(28)} ${String(task.examples).padStart(8)} ${String(task.replies).padStart(8)} ${percent(task.accuracy).padStart(7)}  ${task.mistakenFor
          .slice(0, 4)
          .map(([other, count]) => `${other} ${count}`)
          .join(', ')}`,
    ),
    '',
    `Leave-one-out task accuracy: ${percent(accuracy)} (${right} of ${of}); each example decided without itself, its copies and its part of the context.`,
  ].join('\n')
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

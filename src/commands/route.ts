import { inFull } from '../routing/in-full.ts'
import { questionOf } from '../routing/question.ts'
import type { Gateway } from '../wire.ts'
import { type Command, UsageError } from './command.ts'
import { withGateway } from './with-gateway.ts'

export const route: Command = {
  usage: 'coe-ops route "question" [--map FILE] [--json]',
  examples: [
    'coe-ops route "my pod restarts with exit code 137"',
    'coe-ops route "which commit broke the build?" --json',
    'kubectl logs api-0 --tail=50 | coe-ops route -',
  ],
  options: {
    map: { type: 'string', help: 'the map to decide by (COE_MAP)' },
    json: { type: 'boolean', help: 'print the whole decision as one JSON document' },
  },
  async run(invocation) {
    const { values, words, print } = invocation
    const text = words.length === 1 && words[0] === '-' ? await readInput() : words.join(' ')
    if (text.trim() === '') throw new UsageError('route needs a question.')
    const shown = await withGateway(invocation, gateway => decided(gateway, text))
    print(values.json === true ? JSON.stringify(shown, null, 2) : inWords(shown))
    return 0
  },
}

const decided = ({ live, pipeline }: Gateway, asked: string) =>
  live.use(async serving => {
    const text = questionOf([{ role: 'user', content: asked }])
    const question = { text, target: { kind: 'auto' }, hop: 1 } as const
    const { decision } = await pipeline.route(serving, question, new AbortController().signal)
    return inFull(decision, serving.snapshot)
  })

const readInput = async () => {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const inWords = (decision: ReturnType<typeof inFull>): string =>
  [
    `task        ${decision.task}`,
    `confidence  ${decision.confidence.toFixed(2)}`,
    `decided by  ${decision.decidedBy}`,
    `experts     ${decision.experts.join(', ')}`,
    `snapshot    ${decision.snapshot}`,
    'nearest examples (similarity = meaning + words):',
    ...decision.neighbours
      .slice(0, 8)
      .map(
        near =>
          `  ${near.similarity.toFixed(2)} = ${near.dense.toFixed(2)} + ${near.lexical.toFixed(2)}  ${near.task.padEnd(28)} ${oneLine(near.question)}`,
      ),
  ].join('\n')

const oneLine = (text: string) => {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 90 ? `${line.slice(0, 87)}...` : line
}

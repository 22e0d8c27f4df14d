import type { Model } from '../experts/model.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Nearest } from '../retrieval/protocol.ts'
import { asAsked } from '../retrieval/text.ts'
import type { Said } from './decide.ts'
import type { Events } from './events.ts'
import { readTask } from './read-task.ts'

/** Near examples beyond this add tokens and little else. */
const SHOWN = 8
const SHOWN_CHARS = 400
const QUESTION_CHARS = 6_000
/** Room for a short thought before the answer. */
const MAX_TOKENS = 400

/** Asks the classifier; whatever goes wrong there is "nothing said", never a failed request. */
export const classify = async (
  snapshot: Snapshot,
  model: Model,
  question: string,
  nearest: Nearest,
  hop: number,
  events: Events,
  signal: AbortSignal,
): Promise<Said> => {
  const began = performance.now()
  try {
    const reply = await model.complete(promptFor(snapshot, question, nearest), MAX_TOKENS, hop, signal)
    const task = readTask(reply, [...snapshot.map.tasks.values()])
    events.classified(task === undefined ? 'unreadable' : 'answered', performance.now() - began)
    return task === undefined ? 'nothing' : { task }
  } catch (error) {
    if (signal.aborted) throw error
    events.classified('failed', performance.now() - began)
    return 'nothing'
  }
}

export const promptFor = (snapshot: Snapshot, question: string, nearest: Nearest) =>
  snapshot.prompt.fill({
    tasks: [...snapshot.map.tasks.values()]
      .map(({ id, title, description }) => `- ${id}: ${description || title}`)
      .concat(`- ${UNKNOWN}: fits none of the above`)
      .join('\n'),
    examples: nearest.neighbours.slice(0, SHOWN).map(shown(snapshot)).join('\n'),
    question: fenced(middleOut(question, QUESTION_CHARS)),
  })

const shown =
  ({ examples }: Snapshot) =>
  ({ row }: { row: number }): string => {
    const example = examples[row]
    if (example === undefined) return ''
    const text = fenced(middleOut(asAsked(example), SHOWN_CHARS)).replace(/\s+/g, ' ')
    return `- ${text}\n  **Task: [${example.task}]**`
  }

/** Nothing inside can end the fence that the prompt puts around it. */
const fenced = (text: string) => text.replace(/<(\/?)question/gi, '‹$1question')

const middleOut = (text: string, max: number) =>
  text.length <= max ? text : `${text.slice(0, max / 2)}\n[...]\n${text.slice(-max / 2)}`

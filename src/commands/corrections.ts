import { type Example, readContext } from '../knowledge/context.ts'
import { UNKNOWN } from '../knowledge/map.ts'
import type { TaskMap } from '../knowledge/task-map.ts'
import type { Correction } from '../observe/corrections.ts'

/** A correction whose question is known. */
export type Open = Correction & { readonly question: string }

export type Sorted = {
  /** What a person may make an example of, oldest first. */
  readonly open: readonly Open[]
  /** Why the others are none. */
  readonly notes: readonly string[]
}

/** Which corrections can become examples of a map, each question once. */
export const sortCorrections = async (corrections: readonly Correction[], map: TaskMap): Promise<Sorted> => {
  const contexts = await Promise.all(map.context.map(file => readContext(file)))
  const known = new Map(
    contexts.flatMap(({ examples }) => examples).map(example => [example.question, example]),
  )
  const open = new Map<string, Open>()
  const notes: string[] = []
  let textless = 0
  for (const correction of corrections) {
    const { question } = correction
    if (question === undefined) textless++
    else if (question.trim() !== '') {
      const note = noteOn(correction, known.get(question), map)
      if (note === undefined) open.set(question, { ...correction, question })
      else if (note !== '') notes.push(note)
    }
  }
  if (textless > 0) {
    notes.push(`${textless} without their question, as LOG_QUESTIONS was not true when they were given.`)
  }
  return { open: [...open.values()], notes }
}

/** Why a correction is no new example; nothing where it is one, and no word of what is done already. */
const noteOn = ({ to }: Correction, known: Example | undefined, map: TaskMap): string | undefined => {
  if (known?.task === to) return ''
  if (known !== undefined)
    return `${known.at} says ${known.task}, a client says ${to}: change it there, or leave it.`
  if (to === UNKNOWN || map.tasks.has(to)) return undefined
  return `A client says ${to}, which is no task of the map any more.`
}

/** What a person makes of the corrections. */
export type Verdicts = { readonly added: readonly Open[]; readonly declined: readonly Open[] }

export type Asking = {
  readonly tasks: readonly string[]
  /** Shows a question and waits for a line; nothing when there are no more. */
  ask(text: string): Promise<string | undefined>
}

const CHOICES = 'Add it? y yes, n never, e another task, Enter later, q stop: '

/** Shows each correction to a person. What is neither added nor declined is asked again another time. */
export const askAbout = async (open: readonly Open[], { tasks, ask }: Asking): Promise<Verdicts> => {
  const added: Open[] = []
  const declined: Open[] = []
  for (const [index, correction] of open.entries()) {
    const answer = (await ask(`\n${index + 1} of ${open.length}\n${inWords(correction)}\n${CHOICES}`))?.trim()
    if (answer === undefined || answer === 'q') break
    if (answer === 'y') added.push(correction)
    else if (answer === 'n') declined.push(correction)
    else if (answer === 'e') {
      const to = await askTask({ tasks, ask })
      if (to !== undefined) added.push({ ...correction, to })
    }
  }
  return { added, declined }
}

const askTask = async ({ tasks, ask }: Asking): Promise<string | undefined> => {
  for (;;) {
    const answer = (await ask(`Which? ${tasks.join(', ')}; Enter leaves it: `))?.trim()
    if (answer === undefined || answer === '') return undefined
    if (tasks.includes(answer)) return answer
  }
}

export const inWords = ({ question, from, to, expert }: Open): string =>
  `${plain(question)}\n  decided ${from} (${expert}), a client says ${to}`

const SHOWN_CHARS = 2_000

/** A stranger's words: nothing in them may steer the terminal. */
const plain = (text: string) => {
  const clean = text.replace(/[^\P{C}\n]/gu, ' ')
  return clean.length > SHOWN_CHARS ? `${clean.slice(0, SHOWN_CHARS)}…` : clean
}

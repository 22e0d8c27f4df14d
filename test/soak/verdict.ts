import type { Book, Entry } from './book.ts'
import type { Result } from './exchange.ts'
import { answerTo } from './experts.ts'
import { cutsAnswers } from './faults.ts'

type Verdict = { readonly outcome: Entry['outcome']; readonly problem?: string }

const wrong = (problem: string): Verdict => ({ outcome: 'wrong', problem })

/** Whether a client got what it must get. Every task's experts end with the healthy one, so that is: an answer. */
export const problemWith = (
  kind: { readonly name: string; readonly stream?: boolean },
  entry: Entry,
  { status, text, end }: Result,
): Verdict => {
  if (end === 'left') return { outcome: 'left' }
  if (end !== 'complete')
    return wrong(`the connection was ${end} after status ${status}: ${text.slice(-200)}`)
  if (kind.name === 'nonsense')
    return status === 400 ? { outcome: 'refused' } : wrong(`answered ${status}, not 400`)
  if (status !== 200) return refusal(kind.name, entry, status, text)
  if (kind.name === 'embedding') return { outcome: text.includes('"embedding":[') ? 'answered' : 'wrong' }
  return kind.stream === true ? streamed(entry, text) : whole(entry, text)
}

/** Who names a faulty expert gets its errors, and hears when it is left alone; nobody else does. */
const refusal = (kind: string, entry: Entry, status: number, text: string): Verdict =>
  kind === 'pinned faulty' && (entry.faults.length > 0 || text.includes('"expert_busy"'))
    ? { outcome: 'refused' }
    : wrong(`${status} ${text.slice(0, 300)}`)

const whole = (entry: Entry, text: string): Verdict =>
  mentions(entry, JSON.parse(text).choices[0].message.content)

const streamed = (entry: Entry, text: string): Verdict => {
  const events = text.split('\n\n').flatMap(event => /^data: (.*)$/m.exec(event)?.[1] ?? [])
  const ends = events.filter(data => data === '[DONE]').length
  const broken = events.some(data => data.includes('"expert_truncated"'))
  if (broken) {
    const rightly = ends === 0 && entry.faults.some(cutsAnswers)
    return rightly ? { outcome: 'broken off' } : wrong(`broken off without a fault: ${text.slice(-300)}`)
  }
  if (ends !== 1) return wrong(`${ends} [DONE] in a stream: ${text.slice(-300)}`)
  const said = events.slice(0, -1).map(data => JSON.parse(data).choices[0]?.delta.content ?? '')
  return mentions(entry, said.join(''))
}

/** Its own answer, once, and nobody else's. */
const mentions = ({ id }: Entry, said: string): Verdict =>
  said.startsWith(answerTo(id)) && said.split('answer to').length === 2
    ? { outcome: 'answered' }
    : wrong(`got ${said.length} characters that are not its answer: ${said.slice(0, 200)}`)

/** At the end: who was answered had exactly one expert's answer, and nobody had two. */
export const checkDeliveries = (book: Book) => {
  for (const entry of book.entries.values()) {
    const { outcome, delivered, late, kind } = entry
    if (outcome === 'open') book.wrong(entry, 'it was never heard of again')
    if (delivered - late > 1) book.wrong(entry, `${delivered} experts delivered an answer`)
    if (outcome === 'answered' && delivered === 0 && kind !== 'embedding')
      book.wrong(entry, 'answered, and no expert delivered an answer')
  }
}

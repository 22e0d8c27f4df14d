import type { Decisions, Page, Told, ToldDecisions } from '../observe/decisions.ts'
import type { Siblings } from './member.ts'

/** What the others decided is fetched this often while somebody watches, so many at most. */
const LOOK_MS = 250
const LOOK_MOST = 1_000
const OVERLAP_MS = 1_000

/** Numbers of decisions rise with time in all processes alike, and no two have the same. */
const SLOTS = 64
const SEQS_A_MS = 1_000
export const seqAfter =
  ({ number }: Pick<Siblings, 'number'>) =>
  (last: number, at: number): number =>
    Math.max(Math.floor((at * SEQS_A_MS) / SLOTS) * SLOTS + (number % SLOTS), last + SLOTS)

/** What a decision was made from does not cross: it is most of it, and nobody is shown it who asks for many. */
export const lean = ({ decisions, next }: Page): Page<Told> => ({
  decisions: decisions.map(({ decision: { nearest, ...decision }, ...one }) => ({ ...one, decision })),
  next,
})

/** The decisions of all processes as those of one. */
export const decisionsOfAll = (siblings: Pick<Siblings, 'ask'>, own: Decisions): ToldDecisions => ({
  async latest(wanted) {
    const pages = [own.latest(wanted), ...(await siblings.ask('decisions', wanted))]
    const all = pages.flatMap(({ decisions }) => decisions).sort((a, b) => b.seq - a.seq)
    const decisions = all.slice(0, wanted.limit)
    const isCut = all.length > decisions.length || pages.some(({ next }) => next !== undefined)
    return { decisions, next: isCut ? decisions.at(-1)?.seq : undefined }
  },
  listen(listener) {
    const stop = own.listen(listener)
    const end = follow(siblings, listener)
    return () => {
      stop()
      end()
    }
  },
})

/** What the others decide from now on. Looks overlap, as the clock may have gone on while one was asked. */
const follow = (
  { ask }: Pick<Siblings, 'ask'>,
  listener: (decision: Told) => void,
  now = Date.now,
): (() => void) => {
  const began = now()
  let told = new Set<number>()
  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    // A number may be a slot lower than its time.
    const after = Math.max(began, now() - OVERLAP_MS) * SEQS_A_MS - SLOTS
    const pages = await ask('decisions', { limit: LOOK_MOST, after })
    const found = pages.flatMap(({ decisions }) => decisions).sort((a, b) => a.seq - b.seq)
    for (const one of found) if (!told.has(one.seq)) listener(one)
    told = new Set(found.map(({ seq }) => seq))
    looking = false
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  return () => clearInterval(timer)
}

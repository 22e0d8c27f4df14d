import type { Lane } from './lane.ts'
import type { Job } from './lane-state.ts'

/** Says which answer is worth paying for next, from what it was told so far. */
export type Source = {
  next(): { readonly question: number; readonly expert: string } | undefined
  tell(question: number, expert: string, right: boolean): void
}

export type DrawOptions = {
  readonly lanes: ReadonlyMap<string, Lane>
  /** One that chooses among these experts, and has been told all that is known of them. */
  sourceOf(experts: readonly string[]): Source
  jobOf(expert: string, question: number): Job
  /** Whether an expert was right, as soon as it has answered. */
  wasRight(expert: string, question: number): boolean | undefined
  /** Decided ahead of what is known: many keep the experts busy, few follow the answers closer. */
  readonly atOnce: number
}

export type Draw = {
  begin(): void
  /** It has its answer, or is left open. */
  settled(job: Job): void
  /** Nothing more will come of this expert: what is left of the calls goes to the others. */
  lost(expert: string): void
}

/** Hands the lanes one question after the other, as a source chooses them. */
export const createDraw = ({ lanes, sourceOf, jobOf, wasRight, atOnce }: DrawOptions): Draw => {
  let alive = [...lanes.keys()]
  let source = sourceOf(alive)
  let isDone = false
  type Drawn = { readonly question: number; readonly expert: string }
  const underWay = new Map<Job, Drawn>()
  /** A source that was made anew may name these again. */
  const drawn = new Set<string>()

  /** What is known, or was asked before, takes no place. */
  const draw = (next: Drawn) => {
    const { question, expert } = next
    const right = wasRight(expert, question)
    if (right !== undefined) source.tell(question, expert, right)
    const name = `${question} ${expert}`
    if (right !== undefined || drawn.has(name)) return
    drawn.add(name)
    const job = jobOf(expert, question)
    underWay.set(job, next)
    lanes.get(expert)?.add(job)
  }
  const refill = () => {
    while (alive.length > 0 && underWay.size < atOnce) {
      const next = source.next()
      if (next === undefined) break
      draw(next)
    }
    isDone = underWay.size === 0
    if (isDone) for (const lane of lanes.values()) lane.finish()
  }
  return {
    begin: refill,
    settled(job) {
      const was = underWay.get(job)
      if (was === undefined) return
      underWay.delete(job)
      const right = wasRight(was.expert, was.question)
      if (right !== undefined && alive.includes(was.expert)) source.tell(was.question, was.expert, right)
      refill()
    },
    lost(expert) {
      if (isDone) return
      alive = alive.filter(other => other !== expert)
      for (const [job, was] of underWay) if (was.expert === expert) underWay.delete(job)
      if (alive.length > 0) source = sourceOf(alive)
      refill()
    },
  }
}

import { describe } from '../errors.ts'
import type { CandidateReport } from '../routing/candidate/candidate.ts'
import type { Candidates, Trial } from '../routing/candidate/candidates.ts'
import type { SideReport } from '../routing/candidate/sides.ts'
import type { Siblings } from './member.ts'

/** One candidate in all processes: each answers its share of conversations, and they are counted together. */
export const trialInAll = ({ ask, tell }: Pick<Siblings, 'ask' | 'tell'>, own: Candidates): Trial => {
  const report = async () => {
    const others = (await ask('candidate')).flatMap(said => (said === undefined ? [] : [said.report]))
    const [first, ...more] = [own.standing?.report(), ...others].filter(one => one !== undefined)
    return first && together([first, ...more.filter(({ version }) => version === first.version)])
  }
  return {
    report,
    ended: own.ended,
    async begin(source, terms) {
      const begun = await own.begin(source, terms)
      await tell('beginCandidate', source, terms).catch(async error => {
        // A share of conversations would otherwise be the share of some processes alone.
        const because = `another process cannot try it: ${describe(error)}`
        await Promise.allSettled([own.drop(because), tell('dropCandidate', because)])
        throw error
      })
      return begun
    },
    async adjust(change) {
      const adjusted = own.adjust(change)
      const terms = own.standing?.terms()
      if (terms !== undefined) await tell('adjustCandidate', terms)
      return (await report()) ?? adjusted
    },
    // The others find its text in the map's file.
    activate: own.activate,
    async drop(because) {
      const whole = await report()
      const ended = await own.drop(because)
      await tell('dropCandidate', because).catch(() => undefined)
      return { ...ended, seen: whole?.seen ?? ended.seen, moved: whole?.moved ?? ended.moved }
    },
  }
}

/** A process that is started later tries what the others try. */
export const joinTrial = ({ ask }: Pick<Siblings, 'ask'>, own: Candidates): void => {
  void ask('candidate').then(async all => {
    const standing = all.find(one => one !== undefined)
    if (standing !== undefined && own.standing === undefined)
      await own.begin(standing.source, standing.terms).catch(() => undefined)
  })
}

const EXAMPLES = 50

const together = (all: readonly [CandidateReport, ...CandidateReport[]]): CandidateReport => {
  const [first] = all
  const sum = (of: (one: CandidateReport) => number) => all.reduce((total, one) => total + of(one), 0)
  const since = all.map(one => one.since).sort()[0] ?? first.since
  return {
    ...first,
    since,
    seen: sum(({ seen }) => seen),
    same: sum(({ same }) => same),
    moved: sum(({ moved }) => moved),
    notSeen: sum(({ notSeen }) => notSeen),
    needClassifier: sum(({ needClassifier }) => needClassifier),
    otherMoves: sum(({ otherMoves }) => otherMoves),
    byMove: movesTogether(all),
    examples: all
      .flatMap(({ examples }) => examples)
      .sort((a, b) => (a.at < b.at ? 1 : -1))
      .slice(0, EXAMPLES),
    sides: {
      served: sideTogether(all.map(({ sides }) => sides.served)),
      candidate: sideTogether(all.map(({ sides }) => sides.candidate)),
    },
  }
}

const movesTogether = (all: readonly CandidateReport[]) => {
  const moves = new Map<string, CandidateReport['byMove'][number]>()
  for (const move of all.flatMap(({ byMove }) => byMove)) {
    const key = JSON.stringify([move.from, move.to])
    moves.set(key, { ...move, count: move.count + (moves.get(key)?.count ?? 0) })
  }
  return [...moves.values()].sort((a, b) => b.count - a.count)
}

/** Of quantiles no common one can be made: the slowest process's are told. */
const sideTogether = (all: readonly SideReport[]): SideReport => ({
  answers: all.reduce((sum, one) => sum + one.answers, 0),
  failures: all.reduce((sum, one) => sum + one.failures, 0),
  refused: all.reduce((sum, one) => sum + one.refused, 0),
  p50Ms: slowest(all.map(({ p50Ms }) => p50Ms)),
  p95Ms: slowest(all.map(({ p95Ms }) => p95Ms)),
})

const slowest = (all: readonly (number | null)[]) =>
  all.reduce((most, one) => (one === null || (most !== null && most > one) ? most : one), null)

import { type Random, seeded, shuffled } from '../random.ts'
import { mean } from '../scores.ts'
import { type Field, fieldOf } from './field.ts'
import type { Pools } from './figures.ts'
import { type Judging, strategiesOf, testRows } from './judge.ts'
import { everything, type Reveal } from './reveal.ts'

/** A loss below a tenth of a point is chance of the questions that were drawn. */
const HARM = 0.001
const [SMALLEST, LARGEST] = [2, 7]

/** Random pools of experts, as different users have them: what holds for one set of experts may be luck. */
export const judgePools = (
  field: Field,
  judging: Omit<Judging, 'reveal'>,
  given: { readonly count: number; revealFor(pool: number): Reveal },
  onJudged: (done: number, total: number) => void,
): Pools => {
  const random = seeded(judging.seed)
  const pools = Array.from({ length: given.count }, (_, pool) => {
    const mine = fieldOf(field, drawPool(field.experts.length, random))
    const found = judgePool(mine, judging, given.revealFor(pool))
    onJudged(pool + 1, given.count)
    return found
  })
  const gains = pools.map(({ gain }) => gain)
  return {
    n: pools.length,
    harmed: gains.filter(gain => gain < -HARM).length,
    worst: Math.min(...gains),
    meanGain: mean(gains),
    meanGainTrueLabels: mean(pools.map(({ gainTrueLabels }) => gainTrueLabels)),
    meanGainOverInformed: mean(pools.map(({ gainOverInformed }) => gainOverInformed)),
    meanRegret: mean(pools.map(({ regret }) => regret)),
    each: pools.map(({ experts, gain, regret }) => ({ experts, gain, regret })),
  }
}

const drawPool = (experts: number, random: Random): number[] => {
  const most = Math.min(LARGEST, experts)
  const size = Math.min(most, SMALLEST + Math.floor(random() * (most - SMALLEST + 1)))
  return shuffled([...Array(experts).keys()], random)
    .slice(0, size)
    .sort((a, b) => a - b)
}

const judgePool = (field: Field, judging: Omit<Judging, 'reveal'>, reveal: Reveal) => {
  const rows = testRows(field)
  const accuracy = (column: Float32Array) => mean(rows.map(row => column[row] ?? 0))
  const found = strategiesOf(field, { ...judging, reveal })
  const full = reveal === everything ? found : strategiesOf(field, { ...judging, reveal: everything })
  const routed = accuracy(found.routed)
  return {
    experts: field.experts,
    gain: routed - accuracy(found.bestSingle),
    gainTrueLabels: accuracy(found.routedTrueLabels) - accuracy(found.bestSingle),
    gainOverInformed: routed - accuracy(full.bestSingle),
    regret: accuracy(full.routed) - routed,
  }
}

import { remembered } from './bodies.ts'
import { startExpert } from './expert.ts'
import { loadWith } from './load.ts'
import { median } from './percentile.ts'
import { cpuMs, residentMb } from './process.ts'
import type { Measured, Scenario } from './scenarios.ts'
import type { Maker, Subject } from './subjects.ts'

export type Line = {
  readonly scenario: string
  readonly title: string
  readonly subject: string
  readonly rounds: readonly Measured[]
  readonly medians: Measured
  /** Its throughput as a share of the first subject's that has one, round by round. */
  readonly ratio: number | undefined
  /** The first subject's processor time a request as a share of its own: the ratio when nothing else is in the way. */
  readonly cpuRatio: number | undefined
  /** What it adds to the first subject's time, round by round, in ms. */
  readonly addedP50: number | undefined
  readonly addedP99: number | undefined
  readonly residentMb: number | undefined
}

export type Plan = {
  readonly makers: readonly Maker[]
  /** Whom throughput is compared with, and to whose time something is added. */
  readonly yardstick: string
  readonly base: string
  readonly ours: readonly string[]
  readonly seconds: number
  readonly rounds: number
  readonly tell: (text: string) => void
}

/** A process compiles what it does often: until then a request takes several times as long. */
const WARM_UP = { body: remembered, connections: 32, seconds: 5 }

/** A B C A B C: what the machine does meanwhile falls on all alike. */
export const measure = async (scenario: Scenario, plan: Plan): Promise<Line[]> => {
  const expert = await startExpert(scenario.needsNode === true)
  const subjects: Subject[] = []
  try {
    for (const maker of plan.makers.filter(one => concerns(scenario, one, plan))) {
      const subject = await made(maker, expert.url, plan)
      if (subject !== undefined) subjects.push(subject)
    }
    for (const subject of subjects) {
      if (subject.name !== 'direct') await loadWith(subject, WARM_UP)
      await scenario.measure(subject, scenario.warmUpSeconds ?? 2)
    }
    const rounds = new Map<string, Measured[]>(subjects.map(({ name }) => [name, []]))
    for (let round = 1; round <= plan.rounds; round++) {
      for (const subject of subjects) {
        // While the others had their turn its caches went cold, and some systems have taken its pages back.
        await scenario.measure(subject, 1)
        const figures = await withCpu(subject, () => scenario.measure(subject, plan.seconds))
        rounds.get(subject.name)?.push(figures)
        plan.tell(`${scenario.name} ${round}/${plan.rounds} ${subject.name}: ${said(figures)}`)
      }
    }
    return subjects.map(subject => lineOf(scenario, subject, rounds, plan))
  } finally {
    for (const subject of subjects) await subject.stop()
    await expert.stop()
  }
}

const withCpu = async (subject: Subject, work: () => Promise<Measured>): Promise<Measured> => {
  const [before, began] = [cpuMs(subject.pid), performance.now()]
  const figures = await work()
  const [after, seconds] = [cpuMs(subject.pid), (performance.now() - began) / 1_000]
  const { perSecond } = figures
  return subject.pid === process.pid || before === undefined || after === undefined || perSecond === undefined
    ? figures
    : { ...figures, cpuUs: ((after - before) * 1_000) / (perSecond * seconds) }
}

const made = async (maker: Maker, expertUrl: string, { tell }: Plan): Promise<Subject | undefined> => {
  try {
    return await maker.make(expertUrl)
  } catch (error) {
    if (maker.optional !== true) throw error
    tell(`left out: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

const concerns = (scenario: Scenario, { name, onlyFor }: Maker, { ours }: Plan) =>
  (onlyFor ?? scenario.name) === scenario.name &&
  (scenario.only === undefined || scenario.only.includes(ours.includes(name) ? 'ours' : name))

const lineOf = (
  { name, title }: Scenario,
  subject: Subject,
  all: ReadonlyMap<string, Measured[]>,
  { yardstick, base }: Plan,
): Line => {
  const rounds = all.get(subject.name) ?? []
  const medians: Record<string, number> = {}
  for (const key of ['perSecond', 'p50', 'p99', 'cpuUs', 'errors'] as const) {
    const values = rounds.flatMap(round => round[key] ?? [])
    if (values.length > 0) medians[key] = key === 'errors' ? Math.max(...values) : median(values)
  }
  return {
    scenario: name,
    title,
    subject: subject.name,
    rounds,
    medians,
    ratio: paired(rounds, all.get(yardstick), 'perSecond', (own, other) => own / other),
    cpuRatio: paired(rounds, all.get(yardstick), 'cpuUs', (own, other) => other / own),
    addedP50: paired(rounds, all.get(base), 'p50', (own, other) => own - other),
    addedP99: paired(rounds, all.get(base), 'p99', (own, other) => own - other),
    residentMb: subject.name === 'direct' ? undefined : residentMb(subject.pid),
  }
}

/** Of each round with the same round of the other, the median. */
const paired = (
  own: readonly Measured[],
  other: readonly Measured[] | undefined,
  key: keyof Measured,
  combine: (own: number, other: number) => number,
): number | undefined => {
  const values = own.flatMap((round, index) => {
    const [a, b] = [round[key], other?.[index]?.[key]]
    return a === undefined || b === undefined ? [] : [combine(a, b)]
  })
  return values.length === 0 ? undefined : median(values)
}

const said = ({ perSecond, p50, p99, cpuUs, errors }: Measured) =>
  [
    ...(perSecond === undefined ? [] : [`${perSecond.toFixed(0)}/s`]),
    `p50 ${p50?.toFixed(3)} ms, p99 ${p99?.toFixed(2)} ms`,
    ...(cpuUs === undefined ? [] : [`cpu ${cpuUs.toFixed(1)} µs`]),
    ...(errors ? [`${errors} ERRORS`] : []),
  ].join(', ')

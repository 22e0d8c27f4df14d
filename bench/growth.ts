import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { asking, cold, conversation, remembered } from './bodies.ts'
import { startExpert } from './expert.ts'
import { loadWith } from './load.ts'
import { scratch } from './place.ts'
import { cpuMs, residentMb } from './process.ts'
import type { Measured } from './scenarios.ts'
import { direct, gateway, type Subject } from './subjects.ts'
import { mapOf, type World, writeContext } from './synthetic.ts'

/** One thing that grows, and what grows with it. */
export type Growth = {
  readonly name: string
  /** What is on the x axis. */
  readonly title: string
  readonly note: string
  readonly panels: readonly { readonly key: string; readonly title: string; readonly unit: string }[]
  readonly points: readonly Point[]
}

type Point = { readonly x: number; readonly values: Readonly<Record<string, number>> }

type Plan = {
  readonly seconds: number
  /** Without the last step of each. */
  readonly quick: boolean
  readonly tell: (text: string) => void
}

const USUAL: World = { tasks: 10, experts: 4, examples: 1_000 }

const WORLDS = [
  {
    name: 'examples',
    title: 'Examples',
    steps: [100, 1_000, 10_000, 100_000],
    note: '10 tasks, 4 experts; made-up examples whose vectors are there already.',
    of: (examples: number): World => ({ ...USUAL, examples }),
  },
  {
    name: 'tasks',
    title: 'Tasks',
    steps: [2, 10, 50, 150],
    note: '1,500 made-up examples, 4 experts.',
    of: (tasks: number): World => ({ ...USUAL, examples: 1_500, tasks }),
  },
  {
    name: 'experts',
    title: 'Experts',
    steps: [2, 10, 25, 50],
    note: '1,000 made-up examples, 10 tasks; every expert is measured on every task.',
    of: (experts: number): World => ({ ...USUAL, experts }),
  },
] as const

const WORLD_PANELS = [
  { key: 'firstS', title: 'First start, CPU', unit: 's' },
  { key: 'laterS', title: 'Later start, CPU', unit: 's' },
  { key: 'coldMs', title: 'New question, CPU', unit: 'ms' },
  { key: 'rememberedUs', title: 'Remembered, CPU', unit: 'µs' },
  { key: 'mb', title: 'Resident', unit: 'MB' },
]

export const measureGrowth = async (plan: Plan): Promise<Growth[]> => {
  const growths: Growth[] = []
  const expert = await startExpert(false)
  try {
    for (const { steps, of, ...about } of WORLDS) {
      const points: Point[] = []
      for (const x of wanted(steps, plan)) points.push({ x, values: await inWorld(of(x), expert.url, plan) })
      growths.push({ ...about, panels: WORLD_PANELS, points })
    }
  } finally {
    await expert.stop()
  }
  return [...growths, ...(await ofRequests(plan))]
}

const wanted = (steps: readonly number[], { quick }: Plan) => (quick ? steps.slice(0, -1) : steps)

let made = 0

/** A process compiles what it does often: until then a request takes several times as long. */
const WARM_UP_SECONDS = 4

/** Started twice: what the first computed, the second finds. */
const inWorld = async (world: World, expertUrl: string, { seconds, tell }: Plan) => {
  const dataPath = join(scratch, `world-${made++}`)
  mkdirSync(dataPath)
  const { path, question } = await writeContext(dataPath, world)
  const maker = gateway({ map: url => mapOf(world, path, url), dataPath })
  const known = asking(question)
  const first = await maker.make(expertUrl)
  const firstS = (cpuMs(first.pid) ?? Number.NaN) / 1_000
  await first.stop()
  const subject = await maker.make(expertUrl)
  try {
    const laterS = (cpuMs(subject.pid) ?? Number.NaN) / 1_000
    const questions = await load(subject, cold, 1, seconds)
    await loadWith(subject, { body: known, connections: 32, seconds: WARM_UP_SECONDS })
    const again = await load(subject, known, 32, seconds)
    const values = {
      firstS,
      laterS,
      coldMs: (questions.cpuUs ?? Number.NaN) / 1_000,
      rememberedUs: again.cpuUs ?? Number.NaN,
      mb: residentMb(subject.pid) ?? Number.NaN,
    }
    tell(`${JSON.stringify(world)}: ${JSON.stringify(values)}`)
    return values
  } finally {
    await subject.stop()
  }
}

const BODIES = [1_000, 10_000, 100_000, 1_000_000]
const CONNECTIONS = [1, 8, 32, 128, 512]

/** The shipped map, in front of an expert that reads every request to its end. */
const ofRequests = async (plan: Plan): Promise<Growth[]> => {
  const expert = await startExpert(true)
  const bare = await direct.make(expert.url)
  const subject = await gateway().make(expert.url)
  try {
    await loadWith(subject, { body: remembered, connections: 32, seconds: 5 })
    const bodies: Point[] = []
    for (const bytes of wanted(BODIES, plan)) {
      const body = conversation(bytes)
      const x = body.length
      const [without, with_] = [
        await load(bare, body, 1, plan.seconds),
        await load(subject, body, 1, plan.seconds),
      ]
      bodies.push({
        x,
        values: { addedMs: (with_.p50 ?? 0) - (without.p50 ?? 0), cpuUs: with_.cpuUs ?? Number.NaN },
      })
      plan.tell(`body of ${x}: ${JSON.stringify(bodies.at(-1)?.values)}`)
    }
    const connections: Point[] = []
    for (const x of wanted(CONNECTIONS, plan)) {
      const { perSecond = 0, p50 = 0, p99 = 0, cpuUs = 0 } = await load(subject, remembered, x, plan.seconds)
      connections.push({ x, values: { perSecond, p50, p99, cpuUs } })
      plan.tell(`${x} connections: ${JSON.stringify(connections.at(-1)?.values)}`)
    }
    return [
      {
        name: 'body',
        title: 'Bytes of a request',
        note: 'A conversation, whose last question is remembered; one connection.',
        panels: [
          { key: 'addedMs', title: 'Added to direct, p50', unit: 'ms' },
          { key: 'cpuUs', title: 'CPU', unit: 'µs' },
        ],
        points: bodies,
      },
      {
        name: 'connections',
        title: 'Connections',
        note: 'A remembered question.',
        panels: [
          { key: 'perSecond', title: 'Requests', unit: '/s' },
          { key: 'p50', title: 'p50', unit: 'ms' },
          { key: 'p99', title: 'p99', unit: 'ms' },
          { key: 'cpuUs', title: 'CPU', unit: 'µs' },
        ],
        points: connections,
      },
    ]
  } finally {
    await subject.stop()
    await expert.stop()
  }
}

const load = async (
  subject: Subject,
  body: string,
  connections: number,
  seconds: number,
): Promise<Measured> => {
  // What is done for the first time takes longer, and says nothing of growth.
  await loadWith(subject, { body, connections, seconds: 1 })
  const before = cpuMs(subject.pid)
  const figures = await loadWith(subject, { body, connections, seconds })
  const after = cpuMs(subject.pid)
  return before === undefined || after === undefined
    ? figures
    : { ...figures, cpuUs: ((after - before) * 1_000) / (figures.perSecond * seconds) }
}

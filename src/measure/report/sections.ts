import type { Bars, Figures, Grid, Scatter, Section } from './charts.ts'
import { cellOf } from './figures-of.ts'

type Rate = { readonly accuracy: number; readonly ci: readonly [number, number] }
type ByTask = Readonly<
  Record<string, { readonly n: number; readonly experts: Readonly<Record<string, Rate>> }>
>

/** What a replay found, as `bench replay --json` prints it. */
export type ReplayFigures = {
  readonly n: number
  readonly experts: Readonly<Record<string, Rate>>
  readonly random: Rate
  readonly bestSingle: Rate
  readonly nearest: Rate | null
  readonly routedTrueLabels: Rate
  readonly routed: Rate
  readonly oracle: Rate
  readonly byTask: ByTask
  /** Of what is asked on average, in the currency of the map's prices. */
  readonly cost: {
    readonly routed: number
    readonly bestSingle: number
    readonly experts: Readonly<Record<string, number>>
  } | null
}

/** The pictures of a replay, each with its figures. */
export const replaySections = (found: ReplayFigures): Section[] => {
  const { n, experts, random, bestSingle, nearest, routedTrueLabels, routed, oracle } = found
  const bar = (name: string, rate: Rate, isRouted = false) => ({
    name,
    ...rangeOf(rate),
    n,
    marked: isRouted,
  })
  return [
    systems([
      ...Object.entries(experts).map(([name, rate]) => bar(name, rate)),
      bar('random expert', random),
      bar('best single expert', bestSingle),
      ...(nearest === null ? [] : [bar('by nearest questions', nearest)]),
      bar('routed, true tasks', routedTrueLabels),
      bar('routed', routed, true),
      bar('oracle', oracle),
    ]),
    ...expertsByTask(Object.keys(experts), found.byTask),
    ...againstCost(found),
  ]
}

/** What `rank` found of one expert; intervals are the caller's. */
export type RankedExpert = {
  readonly name: string
  readonly overall: Rate & { readonly n: number }
  readonly byTask: Readonly<Record<string, Rate & { readonly n: number }>>
  /** Of all its answers, in USD; undefined without a price. */
  readonly cost?: number
}

export const rankSections = (experts: readonly RankedExpert[]): Section[] => {
  if (experts.length === 0) return []
  const tasks = [...new Set(experts.flatMap(({ byTask }) => Object.keys(byTask)))].sort()
  const cells = experts.map(({ byTask }) =>
    tasks.map(task =>
      byTask[task] === undefined ? undefined : { ...rangeOf(byTask[task]), n: byTask[task].n },
    ),
  )
  const names = experts.map(({ name }) => name)
  const priced = experts.flatMap(({ name, overall, cost }) =>
    cost === undefined ? [] : [{ name, x: cost, ...yOf(overall) }],
  )
  return [
    systems(experts.map(({ name, overall }) => ({ name, ...rangeOf(overall), n: overall.n }))),
    ...overTasks({ rows: names, columns: tasks, cells }),
    ...(priced.length < 2 ? [] : [costs(priced, 'USD for all its answers')]),
  ]
}

const rangeOf = ({ accuracy, ci: [lo, hi] }: Rate) => ({ value: accuracy, lo, hi })
const yOf = ({ accuracy, ci: [lo, hi] }: Rate) => ({ y: accuracy, lo, hi })

const systems = (rows: Bars['rows']): Section => ({
  title: 'Side by side',
  note: 'Share of questions answered right, with 95 % intervals.',
  chart: { kind: 'bars', title: 'Share of questions answered right', value: 'right', rows },
})

const expertsByTask = (experts: readonly string[], byTask: ByTask): Section[] => {
  const columns = Object.keys(byTask)
  const cells = experts.map(expert =>
    columns.map(task => {
      const [found, n] = [byTask[task]?.experts[expert], byTask[task]?.n]
      return found === undefined ? undefined : { ...rangeOf(found), ...(n !== undefined && { n }) }
    }),
  )
  return overTasks({ rows: experts, columns, cells })
}

/** A radar needs three directions; the heatmap is always there. */
const overTasks = ({ rows, columns, cells }: Pick<Grid, 'rows' | 'columns' | 'cells'>): Section[] => {
  if (rows.length === 0 || columns.length === 0) return []
  const series = rows.map((name, y) => ({ name, values: columns.map((_, x) => cells[y]?.[x]?.value) }))
  const radar: Section = {
    title: 'Experts over tasks',
    note: 'The further out, the more right. Seven experts at most are drawn; all stand in the table below.',
    chart: { kind: 'radar', title: 'Experts over tasks', axes: columns, series },
    figures: 'elsewhere',
  }
  const grid: Section = {
    title: 'Who knows what',
    note: 'Share right in percent, 95 % interval below. The stronger the colour, the better; the best of each task has a frame. Where intervals overlap, the difference may be chance.',
    chart: { kind: 'grid', title: 'Share right by expert and task', rows, columns, cells },
    figures: byTask({ rows, columns, cells }),
  }
  return columns.length < 3 ? [grid] : [radar, grid]
}

/** There are more tasks than experts, and a page is longer than wide. */
const byTask = ({ rows, columns, cells }: Pick<Grid, 'rows' | 'columns' | 'cells'>): Figures => {
  const counts = columns.map((_, x) => [...new Set(cells.flatMap(row => row[x]?.n ?? []))])
  const isSame = counts.every(({ length }) => length < 2)
  return {
    head: [...(isSame ? ['% (interval)', 'questions'] : ['% (interval) questions']), ...rows],
    rows: columns.map((task, x) => [
      task,
      ...(isSame ? [String(counts[x]?.[0] ?? '-')] : []),
      ...rows.map((_, y) => cellOf(cells[y]?.[x], !isSame)),
    ]),
  }
}

/** Pictures first, each with the table of its own title below it; then the tables that have no picture. */
export const illustrated = (pictures: readonly Section[], tables: readonly Section[]): Section[] => {
  const tableOf = new Map(tables.map(table => [table.title, table]))
  const drawn = new Set(pictures.map(({ title }) => title))
  return [
    ...pictures.map(picture => ({ ...picture, ...tableOf.get(picture.title) })),
    ...tables.filter(({ title }) => !drawn.has(title)),
  ]
}

const againstCost = ({ cost, experts, routed }: ReplayFigures): Section[] => {
  if (cost === null) return []
  const points = Object.entries(experts).flatMap(([name, rate]) => {
    const x = cost.experts[name]
    return x === undefined ? [] : [{ name, x, ...yOf(rate) }]
  })
  return [
    costs(
      [...points, { name: 'routed', x: cost.routed, ...yOf(routed), marked: true }],
      'price per million tokens',
    ),
  ]
}

const costs = (points: Scatter['points'], xTitle: string): Section => ({
  title: 'Accuracy against cost',
  note: 'The dashed line joins those that nobody beats in both: whatever lies below it costs more, or knows less, than it need.',
  chart: { kind: 'scatter', title: 'Accuracy against cost', xTitle, yTitle: 'share right', points },
})

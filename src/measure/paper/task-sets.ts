/** The task sets of the paper's experiments; a task may go by either of its names. */
export const taskSets = {
  A: {
    title: 'AIOps',
    tasks: [
      ['log-parsing'],
      ['root-cause-analysis'],
      ['anomaly-detection', 'time-series-anomaly-detection'],
      ['time-series-classification'],
      ['time-series-forecasting'],
    ],
  },
  B: {
    title: 'lifecycle',
    tasks: [['plan'], ['code'], ['build'], ['test'], ['release'], ['deploy'], ['operate'], ['monitor']],
  },
} as const

export type SetName = keyof typeof taskSets
export const setNames = ['A', 'B'] as const satisfies readonly SetName[]

export const tasksIn = (set: SetName): readonly string[] => taskSets[set].tasks.flat()

/** What a task is called first, whichever of its names a map uses. */
export const firstName = (task: string): string =>
  [...taskSets.A.tasks, ...taskSets.B.tasks].find(names => names.some(name => name === task))?.[0] ?? task

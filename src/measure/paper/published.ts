import { firstName, type SetName, taskSets } from './task-sets.ts'

/** Accuracy in percent by task, in the order of the task set, and over all questions. */
type Row = readonly number[]

/** Zero-shot, from the README of github.com/codefuse-ai/codefuse-devops-eval (Apache-2.0). */
export const PUBLISHED_BY = 'the zero-shot leaderboard of DevOps-Eval (codefuse-ai/codefuse-devops-eval)'

const published: Readonly<Record<string, Readonly<Record<SetName, Row>>>> = {
  baichuan213bbase: {
    A: [54, 12.4, 23, 34.5, 42.81, 34.86],
    B: [60.61, 69.42, 79.82, 79.82, 82.55, 81.18, 70.37, 83.8, 73.73],
  },
  baichuan213bchat: {
    A: [64, 18, 21.33, 37.5, 46.88, 39.3],
    B: [60.61, 68.43, 77.98, 80.7, 81.6, 83.53, 67.63, 84.72, 72.9],
  },
  baichuan27bbase: {
    A: [53.43, 12.8, 27.67, 36.5, 40.31, 35.49],
    B: [56.06, 62.45, 75.69, 70.61, 74.06, 69.8, 61.67, 75.93, 66.21],
  },
  baichuan27bchat: {
    A: [60.86, 10, 28, 34.5, 39.06, 36.34],
    B: [54.55, 63.66, 77.98, 76.32, 71.7, 73.33, 59.42, 79.63, 66.97],
  },
  devopspal14bbase: {
    A: [63.14, 53.6, 23.33, 43.5, 64.06, 50.49],
    B: [54.55, 77.82, 83.49, 85.96, 86.32, 81.96, 71.18, 82.41, 78.23],
  },
  devopspal14bchat: {
    A: [60, 56, 24, 43, 57.81, 48.8],
    B: [60.61, 78.35, 84.86, 84.65, 87.26, 82.75, 69.89, 79.17, 78.23],
  },
  devopspal7bbase: {
    A: [46.57, 20.8, 25, 34, 38.75, 33.94],
    B: [54.55, 68.96, 82.11, 78.95, 80.66, 76.47, 65.54, 78.7, 71.69],
  },
  devopspal7bchat: {
    A: [56.57, 30.4, 25.33, 45, 44.06, 40.92],
    B: [54.55, 69.11, 83.94, 82.02, 76.89, 80, 64.73, 77.78, 71.92],
  },
  internlm7bbase: {
    A: [48.57, 18.8, 23.33, 37.5, 33.75, 33.1],
    B: [54.55, 58.29, 79.36, 78.95, 77.83, 70.59, 65.86, 75.93, 65.99],
  },
  internlm7bchat: {
    A: [58.86, 8.8, 22.33, 28.5, 51.25, 36.34],
    B: [60.61, 62.15, 77.06, 76.32, 66.98, 74.51, 60.39, 78.24, 66.27],
  },
  qwen14bbase: {
    A: [66.29, 58.8, 25.33, 43.5, 62.5, 52.25],
    B: [57.58, 73.81, 84.4, 85.53, 86.32, 81.18, 70.05, 80.09, 76.19],
  },
  qwen14bchat: {
    A: [64.57, 51.6, 22.67, 36, 62.5, 48.94],
    B: [60.61, 75.4, 85.32, 84.21, 89.62, 82.75, 69.57, 80.56, 77.18],
  },
  qwen7bbase: {
    A: [50, 39.2, 22.67, 54, 43.75, 41.48],
    B: [53.03, 68.13, 78.9, 75.44, 80.19, 80, 65.06, 80.09, 71.09],
  },
  qwen7bchat: {
    A: [57.43, 38.8, 22.33, 39.5, 25.31, 36.97],
    B: [57.58, 66.01, 80.28, 79.82, 76.89, 77.65, 62.64, 79.17, 69.75],
  },
}

export type Published = { readonly byTask: Readonly<Record<string, number>>; readonly overall: number }

/** What was published of a model, found by the name it has here; as shares. */
export const publishedOf = (model: string, set: SetName): Published | undefined => {
  const row = published[plain(model)]?.[set]
  if (row === undefined) return undefined
  const names = taskSets[set].tasks.map(([name]) => name)
  return {
    byTask: Object.fromEntries(names.map((name, i) => [name, (row[i] ?? 0) / 100])),
    overall: (row[names.length] ?? 0) / 100,
  }
}

/** `Qwen/Qwen-14B-Chat` and `qwen-14b-chat` are one model. */
const plain = (model: string) =>
  model
    .slice(model.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

export const publishedFor = ({ byTask }: Published, task: string): number | undefined =>
  byTask[firstName(task)]

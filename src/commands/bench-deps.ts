import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { createLeases } from '../leases.ts'
import type { RunDeps } from '../measure/run.ts'
import { createRetriever, type Retriever } from '../retrieval/retriever.ts'
import { progressLine } from './progress.ts'

/** What measuring needs of the machine; what it had to do without is said once, at the end. */
export const benchDeps = (
  { encoder, modelsPath, dataPath }: Config,
  complain: (text: string) => void,
): { deps: RunDeps; done(): void } => {
  const progress = stages(complain)
  const lacks = new Set<string>()
  const deps: RunDeps = {
    retrievers: createLeases<Retriever>(retriever => retriever.close()),
    onProgress: progress.show,
    async createRetriever(given) {
      const retriever = await createRetriever({
        ...given,
        encoder,
        modelsPath,
        dataPath,
        // Two questions at a time would disturb each other's latencies.
        workers: 1,
        queue: 1_000,
        onProgress: (done, total) => progress.show('encoding', done, total),
      })
      const { encoderProblem, indexBecause } = retriever.about
      for (const problem of [encoderProblem, indexBecause]) if (problem !== undefined) lacks.add(problem)
      return retriever
    },
  }
  const done = () => {
    progress.clear()
    for (const problem of lacks) complain(`Measured with less than there could be: ${problem}`)
  }
  return { deps, done }
}

/** A progress line for each stage, the one before it taken away. */
const stages = (complain: (text: string) => void) => {
  let [stage, line] = ['', progressLine('', complain)]
  return {
    show: (what: string, done: number, total: number) => {
      if (what !== stage) {
        line.clear()
        stage = what
        line = progressLine(what, complain)
      }
      line.show(done, total)
    },
    clear: () => line.clear(),
  }
}

export const writeFiles = async (folder: string, files: Readonly<Record<string, string>>) => {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

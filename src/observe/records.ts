import { join } from 'node:path'
import { type Cause, type HistoryOptions, openHistory } from '../knowledge/history.ts'
import type { Serving } from '../routing/serving.ts'
import { createDecisionFile } from './decision-file.ts'
import { createDecisions, type DecisionsOptions } from './decisions.ts'
import { createExpertFigures } from './expert-figures.ts'

type Settings = {
  readonly dataPath: string
  readonly logQuestions: boolean
  readonly decisionsFile: string | undefined
  readonly decisionsFileBytes: number
}

type Recording = Pick<HistoryOptions, 'onAdded'> &
  Pick<DecisionsOptions, 'seqAfter'> & {
    /** Commands look at the same folder as the gateway beside them, and activate nothing. */
    readonly serves: boolean
    readonly warn: (problem: string) => void
  }

/** What is remembered of maps on disk, of requests in memory always and in a file where one is named. */
export const openRecords = async (settings: Settings, { serves, warn, onAdded, seqAfter }: Recording) => {
  const { dataPath, logQuestions, decisionsFile: path, decisionsFileBytes: maxBytes } = settings
  const history = await openHistory({ folder: join(dataPath, 'maps'), onProblem: warn, onAdded })
  const decisions = createDecisions({ withQuestions: logQuestions, ...(seqAfter && { seqAfter }) })
  const figures = createExpertFigures()
  const file = path === undefined ? undefined : createDecisionFile({ path, maxBytes, onProblem: warn })
  if (file !== undefined) decisions.listen(file.write)
  return {
    kept: { history, decisions, figures },
    listeners: [
      { answered: decisions.answered },
      figures.events,
      { swapped: ({ snapshot }: Serving, cause: Cause) => serves && history.add(snapshot, cause) },
    ],
    problems: () => [history.problem(), file?.problem()].filter(problem => problem !== undefined),
    async close() {
      await file?.close()
      await history.close()
    },
  }
}

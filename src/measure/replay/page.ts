import { percent } from '../format.ts'
import type { Page } from '../report/page.ts'
import { illustrated, replaySections } from '../report/sections.ts'
import { asSection } from '../tables.ts'
import type { Result } from './figures.ts'
import { points, replayTables } from './tables.ts'

/** A replay with its pictures. */
export const replayPage = (title: string, result: Result): Page => {
  const { n, experts, byTask, routed, bestSingle, gain, classifier, shareOfOracleGain } = result
  const [low, high] = gain.ci.map(points)
  return {
    title,
    lead: `${n} questions of ${Object.keys(byTask).length} tasks, ${Object.keys(experts).length} experts.`,
    tiles: [
      { name: 'routed', value: percent(routed.accuracy) },
      { name: 'best single expert', value: percent(bestSingle.accuracy) },
      { name: `points gained (${low} to ${high})`, value: points(gain.accuracy) },
      { name: "of the oracle's gain", value: percent(shareOfOracleGain) },
      { name: 'tasks told right', value: percent(classifier.accuracy) },
    ],
    sections: illustrated(replaySections(result), replayTables(result).map(asSection)),
  }
}

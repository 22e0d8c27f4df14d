import { at } from './matrix.ts'
import type { Tally } from './tally.ts'

/** Why a task's first expert is first, in a sentence that stands in the map. */

export type Names = readonly string[]

const points = (share: number) => `${(Math.abs(share) * 100).toFixed(1)} points`

const count = (n: number) => `${n} question${n === 1 ? '' : 's'}`

/** How two experts did on the questions that both were asked. */
export const measuredLead = ({ both, rightOfFirst, n }: Tally, expert: number, than: number) => {
  const experts = n.length
  const questions = at(both, expert * experts + than)
  const ahead = at(rightOfFirst, expert * experts + than) - at(rightOfFirst, than * experts + expert)
  return { questions, lead: questions === 0 ? 0 : ahead / questions }
}

export const becauseBest = (names: Names, tally: Tally, best: number): string => {
  if (tally.n.every(n => n === 0)) return `left with ${names[best]}: nobody was asked a question of this task`
  const leads = names.map((_, expert) => measuredLead(tally, expert, best).lead)
  const most = Math.max(...leads)
  return most > 0
    ? becauseLeft(names, tally, leads.indexOf(most), best)
    : `${names[best]} is best on average, and nobody is ahead of it here`
}

export const becauseLeft = (names: Names, tally: Tally, leader: number, best: number): string => {
  const { questions, lead } = measuredLead(tally, leader, best)
  const how = lead > 0 ? `is ahead by ${points(lead)} on ${count(questions)}` : 'is believed ahead'
  return `left with ${names[best]}: ${names[leader]} ${how}, which may be chance`
}

export const becauseMoved = (
  names: Names,
  tally: Tally,
  { leader, best, doubt }: { leader: number; best: number; doubt: number },
): string => {
  const { questions, lead } = measuredLead(tally, leader, best)
  const how = questions === 0 ? 'ahead' : `${points(lead)} ${lead < 0 ? 'behind' : 'ahead'}`
  return `${names[leader]} is ${how} of ${names[best]} on ${count(questions)}; the chance that it is no better is ${asPercent(doubt)}`
}

export const becauseCheaper = (names: Names, given: { cheap: number; than: number; within: number }) =>
  `${names[given.cheap]} is cheaper than ${names[given.than]}, and not worse by more than ${given.within} points`

const asPercent = (share: number) => (share < 0.001 ? 'below 0.1 %' : `${(share * 100).toFixed(1)} %`)

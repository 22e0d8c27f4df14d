import type { CandidateReport } from '../routing/candidate/candidate.ts'

export type SetGauge = (labels: Record<string, string>, value: number) => void

type Register = (name: string, help: string, labelNames: string[], collect: (set: SetGauge) => void) => void

/** How a candidate fares, while there is one. */
export const registerCandidate = (
  { number, state }: { readonly number: Register; readonly state: Register },
  candidate: () => CandidateReport | undefined,
) => {
  state(
    'coe_candidate_info',
    'The map that is tried beside the one that is served; its share of conversations in per cent.',
    ['version', 'mode'],
    set => {
      const standing = candidate()
      if (standing !== undefined) set({ version: standing.version, mode: standing.mode }, standing.percent)
    },
  )
  number('coe_candidate_questions', 'Questions that both maps decided.', ['outcome'], set => {
    const standing = candidate()
    if (standing === undefined) return
    const { same, moved, notSeen } = standing
    for (const [outcome, count] of Object.entries({ same, moved, not_seen: notSeen })) set({ outcome }, count)
  })
  number('coe_candidate_answers', 'Since the candidate is tried.', ['side', 'outcome'], set => {
    for (const [side, counted] of Object.entries(candidate()?.sides ?? {}))
      for (const outcome of ['answers', 'failures', 'refused'] as const)
        set({ side, outcome }, counted[outcome])
  })
}

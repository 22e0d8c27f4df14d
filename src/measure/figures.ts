import type { Bin, Confusion, TaskScore } from './scores.ts'

export type Quantiles = { readonly p50: number; readonly p99: number }

export type Coverage = {
  readonly share: number
  /** Share of wrong ones among those; null where the neighbours decided none. */
  readonly error: number | null
  readonly threshold: number | null
}

export type Unknowns = {
  readonly n: number
  readonly auroc: number | null
  readonly recall: number
  readonly precision: number | null
  readonly aurocBy: { readonly known: number | null; readonly probability: number | null }
}

export type Result = {
  readonly n: number
  readonly examples: number
  readonly encoder: string
  readonly accuracy: number
  /** Accuracy of what the neighbours say first, also where the decision says `unknown`. */
  readonly accuracyOfFirst: number
  readonly macroF1: number
  readonly byTask: Readonly<Record<string, TaskScore>>
  readonly confusion: Confusion
  readonly ece: number
  readonly reliability: readonly Bin[]
  readonly coverage: Readonly<Record<string, Coverage>>
  readonly decidedBy: Readonly<Record<string, number>>
  /** Share that was decided by words alone: nothing was encoded for these. */
  readonly byWords: number
  readonly unknown: Unknowns | null
  readonly classifierCalls: number
  readonly classifierFailed: number
  readonly latencyMs: Quantiles & {
    readonly encode: Quantiles
    readonly search: Quantiles
    readonly decide: Quantiles
  }
  readonly prepareMs: number
  readonly encoded: number
  readonly residentMB: number
  readonly perturbed?: Readonly<Record<string, Damaged>>
}

/** What a kind of damage does to the same questions. */
export type Damaged = {
  readonly accuracy: number
  /** Points of accuracy lost, as a share: 0.04 is four points. */
  readonly drop: number
  readonly meanConfidence: number
  readonly coverage: number
  readonly coverageError: number | null
}

import type { Estimate } from './bootstrap.ts'

/** Points are given as shares everywhere: 0.012 is 1.2 points. */
export type Result = {
  /** Questions that were looked up. */
  readonly n: number
  readonly experts: Readonly<Record<string, Estimate>>
  readonly random: Estimate
  readonly bestSingle: Estimate & { readonly chosen: Readonly<Record<string, number>> }
  /** Null where the context's examples have no outcomes. */
  readonly nearest: Estimate | null
  readonly routedTrueLabels: Estimate
  readonly routed: Estimate
  readonly simulatedClassifier: Estimate & { readonly classifierAccuracy: number }
  readonly oracle: Estimate
  /** Routed minus best single, over the same questions. */
  readonly gain: Estimate
  /** Of what the oracle would gain over the best single expert. */
  readonly shareOfOracleGain: number | null
  readonly shareOfTrueLabels: number | null
  readonly classifier: {
    readonly accuracy: number
    /** Share of questions that the neighbours left open: a classifier LLM would have been called. */
    readonly calls: number
    readonly decidedBy: Readonly<Record<string, number>>
  }
  /** Mean price of the experts that were asked, per million tokens in and out; null unless every price is known. */
  readonly cost: {
    readonly routed: number
    readonly bestSingle: number
    readonly experts: Readonly<Record<string, number>>
  } | null
  readonly byTask: Readonly<Record<string, TaskResult>>
  readonly pools?: Pools
  /** What was lost by knowing less, against a map fitted on everything. */
  readonly regret?: Regret
}

export type TaskResult = {
  readonly n: number
  /** Share of the questions decided as this task that went to each expert. */
  readonly to: Readonly<Record<string, number>>
  readonly routed: number
  readonly bestSingle: number
  readonly experts: Readonly<Record<string, Measured>>
}

export type Measured = { readonly accuracy: number; readonly ci: readonly [number, number] }

export type Pools = {
  readonly n: number
  /** Pools in which routing was worse than the best single expert by more than a tenth of a point. */
  readonly harmed: number
  /** Routed minus best single: the lowest, and the mean. */
  readonly worst: number
  readonly meanGain: number
  readonly meanGainTrueLabels: number
  /** Against the best single expert by all training questions, where the map knew fewer. */
  readonly meanGainOverInformed: number
  readonly meanRegret: number
  readonly each: readonly {
    readonly experts: readonly string[]
    readonly gain: number
    readonly regret: number
  }[]
}

export type Regret = {
  readonly mean: number
  readonly worst: number
  /** Share of all calls that was spent. */
  readonly calls: number
  /** By the expert that joined. */
  readonly byExpert?: Readonly<Record<string, number>>
}

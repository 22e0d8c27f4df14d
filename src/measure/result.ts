import { UNKNOWN } from '../knowledge/map.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import { thresholdsFor } from '../retrieval/thresholds.ts'
import { ALLOWED, type Verdict } from './ask.ts'
import type { Damaged, Result, Unknowns } from './figures.ts'
import {
  accuracyOf,
  aurocOf,
  binsOf,
  byTaskOf,
  confusionOf,
  eceOf,
  macroF1Of,
  mean,
  quantileOf,
  share,
} from './scores.ts'

export type Counts = { readonly classifierCalls: number; readonly classifierFailed: number }

/** `timed` are the verdicts whose question was really encoded, not found among the vectors on disk. */
export const resultOf = (
  snapshot: Snapshot,
  verdicts: readonly Verdict[],
  timed: readonly Verdict[],
  counts: Counts,
): Result => {
  const { about } = snapshot.retriever
  const confusion = confusionOf(verdicts)
  const byTask = byTaskOf(confusion)
  const reliability = binsOf(verdicts)
  return {
    n: verdicts.length,
    examples: about.examples,
    encoder: about.encoder,
    accuracy: accuracyOf(verdicts),
    accuracyOfFirst: accuracyOf(verdicts.map(({ truth, first }) => ({ truth, task: first }))),
    macroF1: macroF1Of(byTask),
    byTask,
    confusion,
    ece: eceOf(reliability),
    reliability,
    coverage: Object.fromEntries(
      ALLOWED.map(allowed => [
        allowed.toFixed(2),
        { ...coverageAt(verdicts, allowed), threshold: thresholdsFor(about.judged, allowed).whole ?? null },
      ]),
    ),
    decidedBy: decidersOf(verdicts),
    byWords: share(verdicts.filter(({ byWords }) => byWords).length, verdicts.length),
    unknown: unknownsOf(snapshot, verdicts),
    ...counts,
    latencyMs: latencyOf(verdicts, timed),
    prepareMs: about.preparedMs,
    encoded: about.encoded,
    residentMB: process.memoryUsage().rss / 1e6,
  }
}

export const damagedOf = (verdicts: readonly Verdict[], undamaged: readonly Verdict[]): Damaged => {
  const accuracy = accuracyOf(verdicts)
  const { share: coverage, error } = coverageAt(verdicts, 0.05)
  return {
    accuracy,
    drop: accuracyOf(undamaged) - accuracy,
    meanConfidence: mean(verdicts.map(({ confidence }) => confidence)),
    coverage,
    coverageError: error,
  }
}

const coverageAt = (verdicts: readonly Verdict[], allowed: number) => {
  const certain = verdicts.filter(({ alone }) => alone.get(allowed) !== undefined)
  const wrong = certain.filter(({ truth, alone }) => truth !== alone.get(allowed)).length
  return {
    share: share(certain.length, verdicts.length),
    error: certain.length === 0 ? null : wrong / certain.length,
  }
}

const decidersOf = (verdicts: readonly Verdict[]) => {
  const shares: Record<string, number> = {}
  for (const { decidedBy } of verdicts) shares[decidedBy] = (shares[decidedBy] ?? 0) + 1 / verdicts.length
  return shares
}

/** Scored as the decision does: by the probability of `unknown` where it has examples, else by how little is known. */
const unknownsOf = ({ examples }: Snapshot, verdicts: readonly Verdict[]): Unknowns | null => {
  const n = verdicts.filter(({ truth }) => truth === UNKNOWN).length
  if (n === 0) return null
  const said = verdicts.filter(({ task }) => task === UNKNOWN)
  const right = said.filter(({ truth }) => truth === UNKNOWN).length
  const by = (scoreOf: (verdict: Verdict) => number) =>
    aurocOf(verdicts.map(verdict => ({ score: scoreOf(verdict), positive: verdict.truth === UNKNOWN })))
  const hasExamples = examples.some(({ task }) => task === UNKNOWN)
  const known = by(verdict => -verdict.known)
  const probability = hasExamples ? by(verdict => verdict.unknown) : null
  return {
    n,
    auroc: probability ?? known,
    recall: right / n,
    precision: said.length === 0 ? null : right / said.length,
    aurocBy: { known, probability },
  }
}

const latencyOf = (verdicts: readonly Verdict[], timed: readonly Verdict[]): Result['latencyMs'] => {
  const quantiles = (values: readonly number[]) => ({
    p50: quantileOf(values, 0.5),
    p99: quantileOf(values, 0.99),
  })
  return {
    ...quantiles(timed.map(({ tookMs }) => tookMs.encode + tookMs.search + tookMs.decide)),
    encode: quantiles(timed.flatMap(({ byWords, tookMs }) => (byWords ? [] : tookMs.encode))),
    search: quantiles(verdicts.map(({ tookMs }) => tookMs.search)),
    decide: quantiles(verdicts.map(({ tookMs }) => tookMs.decide)),
  }
}

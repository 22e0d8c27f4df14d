import type { DecidedBy } from '../../routing/decide.ts'

/** What routing made of one question, whoever the experts are: worked out once, used for every pool of them. */
export type Classified = {
  /** Its task, as somebody labelled it. */
  readonly truth: string
  readonly task: string
  readonly decidedBy: DecidedBy
  /** The nearest questions with outcomes, by their place among all questions. */
  readonly neighbours: readonly number[]
}

/** Questions a map is fitted on, and those it is then judged by; by their place among all questions. */
export type Fold = { readonly train: readonly number[]; readonly test: readonly number[] }

/** Everything that a replay looks things up in. */
export type Field = {
  readonly questions: readonly Classified[]
  readonly folds: readonly Fold[]
  readonly experts: readonly string[]
  /** By expert and question: 1 right, 0 wrong, -1 not asked. */
  readonly outcomes: readonly Int8Array[]
}

/** Some of the experts, as if there were no others. */
export const fieldOf = (field: Field, experts: readonly number[]): Field => ({
  ...field,
  experts: experts.flatMap(e => field.experts[e] ?? []),
  outcomes: experts.flatMap(e => (field.outcomes[e] === undefined ? [] : [field.outcomes[e]])),
})

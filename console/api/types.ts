/** What the admin API answers, as far as the console shows it. The API's own word is /admin/openapi.json. */

export type MapTask = {
  readonly id: string
  readonly title?: string
  readonly description?: string
  readonly experts: readonly string[]
}

export type Score = {
  readonly expert: string
  readonly task: string
  readonly accuracy: number
  readonly n?: number
  readonly lo?: number
  readonly hi?: number
}

export type MapExpert = {
  readonly id: string
  readonly kind: string
  readonly origin?: string
  readonly model?: string
  readonly price?: { readonly input: number; readonly output: number }
}

export type Warning = {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly message: string
}

export type ServedMap = {
  readonly version: string
  readonly name: string
  readonly source: string
  readonly format: 'yaml' | 'json'
  readonly tasks: readonly MapTask[]
  readonly experts: readonly MapExpert[]
  readonly scores: readonly Score[]
  readonly unknown: readonly string[]
  readonly neighbours: { readonly allowedError: number }
  readonly classifier?: { readonly expert: string; readonly use: string }
  readonly threshold: number | null
  readonly warnings: readonly Warning[]
}

export type MapProblem = {
  readonly line?: number
  readonly column?: number
  readonly message: string
  readonly severity: 'error' | 'warning'
}

export type Changed = {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export type Place = { readonly task: string; readonly expert?: string | null }

/** A decision that another map would take otherwise. The question's text is there only where it is kept. */
export type Move = {
  readonly question?: string
  readonly questionHash?: string
  readonly from: Place
  readonly to: Place
}

export type MapAnswer = {
  readonly version: string
  readonly replaced: boolean
  readonly problems: readonly MapProblem[]
  readonly changes: { readonly experts: Changed; readonly tasks: Changed }
  readonly accuracy: { readonly before: number; readonly after: number } | null
  readonly decisions: {
    readonly looked: number
    readonly moved: number
    /** Those that the classifier would have to be asked for. */
    readonly unsure?: number
    readonly examples: readonly Move[]
  }
}

export type MapVersion = {
  readonly version: string
  readonly at: string
  readonly by: string
  readonly why?: string
  readonly name: string
  readonly tasks: number
  readonly experts: number
  readonly examples: number
}

export type MapHistory = {
  readonly current: string
  readonly problem?: string
  readonly maps: readonly MapVersion[]
}

export type Neighbour = {
  readonly question: string
  readonly task: string
  readonly similarity: number
  readonly dense: number
  readonly lexical: number
  readonly at?: string
}

export type Decision = {
  readonly task: string
  readonly experts: readonly string[]
  readonly decidedBy: string
  readonly confidence: number
  readonly known: number
  readonly ranking: readonly { readonly task: string; readonly confidence: number }[]
  readonly neighbours: readonly Neighbour[]
  readonly snapshot: string
  readonly margin?: number
  /** Its words were enough: nothing was encoded. */
  readonly byWords?: true
}

export type ClassifierCall = {
  readonly prompt: { readonly system: string; readonly user: string }
  readonly reply?: string
  readonly outcome: string
  readonly ms: number
}

export type Routed = {
  readonly decision: Decision
  readonly threshold: number | null
  readonly question: string
  readonly classifier?: ClassifierCall
  readonly tookMs: { readonly encode?: number; readonly search?: number; readonly total: number }
}

export type DecisionRecord = {
  readonly seq: number
  readonly at: string
  readonly requestId: string
  readonly client?: string
  readonly endpoint: string
  readonly stream: boolean
  readonly status: number
  readonly task: string
  readonly decidedBy: string
  readonly confidence: number
  readonly expert?: string
  readonly tried: readonly string[]
  readonly ms: number
  readonly overheadMs?: number
  readonly encodeMs?: number
  readonly tokens?: unknown
  readonly error?: string
  readonly outcome?: string
  readonly snapshot: string
  readonly question?: string
  readonly questionHash?: string
  readonly questionChars?: number
}

export type DecisionPage = { readonly decisions: readonly DecisionRecord[]; readonly next?: number }

export type Minute = {
  readonly at: string
  readonly answered: number
  readonly failed: number
  readonly p50Ms?: number | null
}

export type ExpertState = {
  readonly id: string
  readonly kind: string
  readonly origin?: string
  readonly model?: string
  readonly breaker: string
  readonly inFlight: number
  readonly queued: number
  readonly draining: boolean
  readonly answered?: number
  readonly failed?: number
  readonly tokens?: unknown
  readonly p50Ms?: number | null
  readonly p95Ms?: number | null
  readonly history?: readonly Minute[]
}

export type Example = {
  readonly id?: string
  readonly at: string
  readonly question: string
  readonly task: string
  readonly lang?: string
  readonly reply?: boolean
  readonly said?: string
  readonly margin?: number
}

export type ContextTask = {
  readonly task: string
  readonly examples: number
  readonly keywords?: number
  readonly accuracy?: number | null
}

export type ContextPage = {
  readonly examples: readonly Example[]
  readonly total: number
  readonly tasks: readonly ContextTask[]
}

export type DuplicatePage = {
  readonly groups: readonly (readonly Example[])[]
  readonly total?: number
}

/** How one of two maps fares with what it was given to answer. */
export type Side = {
  readonly answers: number
  readonly failures: number
  readonly refused: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

export type Candidate = {
  readonly version: string
  /** The version that it is compared with. */
  readonly against?: string
  readonly mode: 'shadow' | 'percent'
  readonly percent?: number
  readonly since: string
  readonly by?: string
  readonly why?: string | null
  readonly seen: number
  readonly same: number
  readonly moved: number
  /** Not looked at, as there was too much else to do. */
  readonly notSeen?: number
  /** Compared by what the neighbours say, as the candidate's classifier is not called. */
  readonly needClassifier?: number
  readonly sides?: { readonly served: Side; readonly candidate: Side }
  readonly byMove: readonly { readonly from: Place; readonly to: Place; readonly count: number }[]
  readonly examples: readonly Move[]
}

/** What somebody said a question's task is, against what was decided. */
export type Correction = {
  readonly at: string
  readonly requestId: string
  readonly client?: string
  readonly expert?: string
  readonly from: string
  readonly to: string
  readonly question?: string
  readonly questionHash?: string
}

export type FeedbackPage = {
  readonly experts: readonly {
    readonly expert: string
    readonly task: string
    readonly good: number
    readonly bad: number
    readonly mean: number
    readonly n: number
  }[]
  readonly corrections: readonly Correction[]
}

/** What a report can draw: plain data, from whoever measured it. Values are shares (0 to 1) unless said otherwise. */

type Measured = { readonly value: number; readonly lo?: number; readonly hi?: number; readonly n?: number }

/** One bar below the other: systems, experts. `marked` is what the report is about. */
export type Bars = {
  readonly kind: 'bars'
  readonly title: string
  /** What is counted: the head of the value column. */
  readonly value: string
  readonly rows: readonly (Measured & { readonly name: string; readonly marked?: boolean })[]
}

/** Rows against columns, as experts against tasks; undefined is what was never measured. */
export type Grid = {
  readonly kind: 'grid'
  readonly title: string
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  readonly cells: readonly (readonly (Measured | undefined)[])[]
}

export type Radar = {
  readonly kind: 'radar'
  readonly title: string
  readonly axes: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[]
}

/** Further left is cheaper, further up is better. `x` is an amount. */
export type Scatter = {
  readonly kind: 'scatter'
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  readonly points: readonly {
    readonly name: string
    readonly x: number
    readonly y: number
    readonly lo?: number
    readonly hi?: number
    readonly marked?: boolean
  }[]
}

/** How often each (first key) was taken for which (second). */
export type ConfusionChart = {
  readonly kind: 'confusion'
  readonly title: string
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export type Reliability = {
  readonly kind: 'reliability'
  readonly title: string
  readonly bins: readonly {
    readonly from: number
    readonly to: number
    readonly n: number
    readonly confidence: number
    readonly accuracy: number
  }[]
}

export type Chart = Bars | Grid | Radar | Scatter | ConfusionChart | Reliability

export type Figures = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }

export type Section = {
  readonly title: string
  readonly note?: string
  readonly chart?: Chart
  /** Without it, a chart's own figures stand below it; `elsewhere` where another section has the same. */
  readonly figures?: Figures | 'elsewhere'
}

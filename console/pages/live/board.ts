import type { DecisionRecord } from '../../api/types.ts'

/** Rows kept; older ones are on the gateway. */
export const MOST = 500
/** Rows are drawn at most so often: at a hundred decisions a second nobody reads each of them. */
const DRAW_EVERY_MS = 200

export type Filter = { readonly task: string; readonly expert: string; readonly decidedBy: string }

export const everything: Filter = { task: '', expert: '', decidedBy: '' }

export type BoardState = {
  /** Newest first. */
  readonly rows: readonly DecisionRecord[]
  /** Came while the board stood still. */
  readonly waiting: number
  readonly perSecond: number
  /** Not told to us, as we read too slowly. */
  readonly lost: number
  readonly connected: boolean
  readonly problem: string | undefined
}

export const emptyBoard: BoardState = {
  rows: [],
  waiting: 0,
  perSecond: 0,
  lost: 0,
  connected: false,
  problem: undefined,
}

export type Board = {
  take(record: DecisionRecord): void
  /** Records that may be known already, in any order. */
  fill(records: readonly DecisionRecord[]): void
  filter(by: Filter): void
  pause(on: boolean): void
  tell(part: Partial<BoardState>): void
  state(): BoardState
  close(): void
}

/**
 * What is shown of a stream of decisions. What arrives is gathered and drawn in one go, so that the page's work is
 * bounded by what it shows and not by what happens.
 */
export const createBoard = (draw: (state: BoardState) => void): Board => {
  const pace = createPace()
  const frames = createFrames(() => {
    if (paused) state = { ...state, waiting: fresh.length, perSecond: pace.perSecond() }
    else {
      state = { ...state, rows: newest([...fresh, ...state.rows]), waiting: 0, perSecond: pace.perSecond() }
      fresh = []
    }
    draw(state)
    // Drawn again when nothing comes, so that the figure falls.
    return state.perSecond > 0
  })
  let state = emptyBoard
  let fresh: DecisionRecord[] = []
  let by = everything
  let paused = false

  const change = (part: Partial<BoardState>) => {
    state = { ...state, ...part }
    frames.want()
  }
  return {
    take(record) {
      pace.count()
      if (matches(record, by)) fresh.push(record)
      // A hidden tab draws nothing: what it could not show anyhow is let go.
      if (fresh.length > 2 * MOST) fresh = fresh.slice(-MOST)
      frames.want()
    },
    fill(records) {
      const waiting = new Set(fresh.map(({ seq }) => seq))
      change({ rows: newest([...state.rows, ...records.filter(({ seq }) => !waiting.has(seq))]) })
    },
    filter(wanted) {
      by = wanted
      fresh = fresh.filter(record => matches(record, by))
      change({ rows: state.rows.filter(record => matches(record, by)) })
    },
    pause(on) {
      paused = on
      frames.want()
    },
    tell: change,
    state: () => state,
    close: frames.close,
  }
}

const matches = (record: DecisionRecord, { task, expert, decidedBy }: Filter) =>
  (task === '' || record.task === task) &&
  (expert === '' || record.expert === expert) &&
  (decidedBy === '' || record.decidedBy === decidedBy)

/** Each once: what is decided while the last ones are asked for is in their answer, and told as well. */
const newest = (records: DecisionRecord[]) =>
  records
    .sort((a, b) => b.seq - a.seq)
    .filter(({ seq }, at, sorted) => seq !== sorted[at - 1]?.seq)
    .slice(0, MOST)

/** How many came in the last second or two. */
const createPace = () => {
  let came = 0
  let since = performance.now()
  let last = 0
  return {
    count: () => void came++,
    perSecond() {
      const seconds = (performance.now() - since) / 1_000
      if (seconds < 1) return last
      last = came / seconds
      came = 0
      since = performance.now()
      return last
    },
  }
}

/** Calls `drawNow` in a frame of the browser's own, not too often; again a second later as long as it says so. */
const createFrames = (drawNow: () => boolean) => {
  let wanted: number | undefined
  let later: ReturnType<typeof setTimeout> | undefined
  let drawnAt = Number.NEGATIVE_INFINITY
  const frame = (time: number) => {
    wanted = undefined
    if (time - drawnAt < DRAW_EVERY_MS) return want()
    drawnAt = time
    clearTimeout(later)
    if (drawNow()) later = setTimeout(want, 1_000)
  }
  const want = () => {
    wanted ??= requestAnimationFrame(frame)
  }
  return {
    want,
    close() {
      if (wanted !== undefined) cancelAnimationFrame(wanted)
      clearTimeout(later)
    },
  }
}

import { readFile } from 'node:fs/promises'
import { describe, GatewayError } from '../errors.ts'
import type { Cause } from '../knowledge/history.ts'
import { InvalidFilesError } from '../knowledge/problem.ts'
import { fingerprint, replaceFile } from '../knowledge/replace-file.ts'
import type { Snapshot } from '../knowledge/snapshot.ts'
import type { Sources } from '../knowledge/sources.ts'
import { createWatcher } from '../knowledge/watch.ts'
import type { Serving, SwapEvents } from '../routing/serving.ts'
import { type Change, textAfter } from './change.ts'
import { createPreviews, type Preview, type PreviewsDeps } from './previews.ts'

export type SwapProblem = {
  readonly message: string
  /** Otherwise somebody's request was refused, and what is served is what the files say. */
  readonly inFiles: boolean
}

export type Swaps = {
  /** Reads the files again; resolves when what they say is served, or rejects and changes nothing. */
  reload(): Promise<Serving>
  /** Prepares a change, writes it into its file and serves it: all of it, or none. */
  change(change: Change, cause: Cause): Promise<{ serving: Serving; replaced: boolean }>
  /** Hands out what a change would serve, and changes nothing. */
  readonly preview: Preview
  problem(): SwapProblem | undefined
  watch(): void
  close(): void
}

export type SwapsDeps = PreviewsDeps & {
  prepare(sources: Sources): Promise<Serving>
  readonly events: Pick<SwapEvents, 'swapped' | 'swapFailed' | 'agreed'>
}

/**
 * A file that was gone for a moment looks as it did when it was last looked at: that it can be read again would
 * never be found out.
 */
const ONCE_MORE_MS = 1_000

/** Replaces what is served when files change or somebody asks for it, one after the other, and says why it could not. */
export const createSwaps = (deps: SwapsDeps): Swaps => {
  const { live, read, prepare, events } = deps
  let problem: SwapProblem | undefined
  let watching = false
  let again: NodeJS.Timeout | undefined

  const served = (value: Serving, replaced: boolean, cause: Cause) => {
    if (problem?.inFiles && !replaced) events.agreed()
    problem = undefined
    if (watching) watcher.watch(value.snapshot.files)
    if (replaced) events.swapped(value, cause)
  }
  const failed = (error: unknown, inFiles: boolean) => {
    // The same files with the same fault are read more than once; they are news once.
    const isNews = problem?.message !== describe(error) || problem.inFiles !== inFiles
    if (isNews) events.swapFailed(error, inFiles || problem?.inFiles === true)
    // A refused request must not cover up that the files are broken.
    if (inFiles || problem?.inFiles !== true) problem = { message: describe(error), inFiles }
    if (!isNews || !inFiles || !watching) return
    clearTimeout(again)
    again = setTimeout(onChange, ONCE_MORE_MS).unref()
  }
  const reload = async (): Promise<Serving> => {
    try {
      const { value, replaced } = await live.replace(async current => {
        const sources = await read()
        return sources.version === current.snapshot.version ? undefined : await prepare(sources)
      })
      served(value, replaced, { by: 'file' })
      return value
    } catch (error) {
      failed(error, true)
      // Files that are only named so far may be what is missing: their appearing is a change too.
      const tried = error instanceof InvalidFilesError ? error.files : []
      if (watching) watcher.watch([...new Set([...live.current().snapshot.files, ...tried])])
      throw error
    }
  }
  const onChange = () => void reload().catch(() => undefined)
  const watcher = createWatcher({ onChange })

  const change = async (wanted: Change, cause: Cause) => {
    // What lies in the files comes first: it may be an edit that nobody has noticed yet.
    const stood = await fingerprint(wanted.file)
    await reload().catch(() => undefined)
    try {
      const { value, replaced } = await live.replace(async ({ snapshot: current }) => {
        const text = await textAfter(wanted, current)
        const sources = await read(new Map([[wanted.file, text]]))
        const isServed = sources.version === current.version
        const next = isServed ? undefined : await prepare(sources)
        try {
          await write(wanted.file, text, { stood, current })
        } catch (error) {
          next?.release()
          throw error
        }
        return next
      })
      served(value, replaced, cause)
      return { serving: value, replaced }
    } catch (error) {
      if (isNewsOfSwaps(error)) failed(error, false)
      throw error
    }
  }

  return {
    reload,
    change,
    preview: createPreviews(deps),
    problem: () => problem,
    watch() {
      watching = true
      watcher.watch(live.current().snapshot.files)
    },
    close() {
      clearTimeout(again)
      watcher.close()
    },
  }
}

/** A change that was refused because of what it asked has not been tried: it is no failed swap. */
const isNewsOfSwaps = (error: unknown) =>
  !(error instanceof GatewayError) || error.code === 'not_writable' || error.status >= 500

type Stood = {
  /** The file when the change began. */
  readonly stood: string | undefined
  readonly current: Snapshot
}

/** Last of all, when nothing else can fail. What was never served, and so is not in the history, is kept beside. */
const write = async (file: string, text: string, { stood, current }: Stood) => {
  const before = await readFile(file, 'utf8').catch(() => undefined)
  if (before === text) return
  const isMap = file === current.files[0]
  const isKept = before === undefined || before === current.text || !isMap
  try {
    const outcome = await replaceFile(file, text, {
      expected: { fingerprint: stood },
      ...(isKept ? {} : { backup: `${file}.before` }),
    })
    if (outcome === 'written') return
  } catch (error) {
    const message = `${file} cannot be written (${describe(error)}): nothing was changed. Change it where it comes from.`
    throw new GatewayError('not_writable', message, { cause: error })
  }
  throw new GatewayError('version_changed', `${file} was changed at the same time: read it again.`)
}

import { hash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { describe } from '../errors.ts'
import { replaceFile } from './replace-file.ts'
import type { Snapshot } from './snapshot.ts'

/** A map that was activated: which, when, by whom and why. */
export const keptMap = z.object({
  version: z.string().regex(/^[0-9a-f]{1,64}$/),
  at: z.iso.datetime(),
  by: z.enum(['start', 'file', 'api', 'rollback']),
  why: z.string().optional(),
  /** Whence it was asked for: an address. */
  from: z.string().optional(),
  name: z.string(),
  tasks: z.int(),
  experts: z.int(),
  examples: z.int(),
  /** Of the map's text. */
  sha256: z.string(),
})

export type Kept = Readonly<z.output<typeof keptMap>>
/** Who wanted it, and why. */
export type Cause = Pick<Kept, 'by' | 'why' | 'from'>

export type History = {
  /** Newest first. A map that was activated twice stands there twice. */
  list(): readonly Kept[]
  /** The map's text; undefined where it is not known any more. */
  text(version: string): Promise<string | undefined>
  /** Never fails and never waits: a disk that is full or shut harms nobody. */
  add(snapshot: Pick<Snapshot, 'version' | 'map' | 'text' | 'examples'>, cause: Cause): void
  /** What another process has added: its maps and ours are one history. */
  learn(entry: Kept): void
  /** Why what was activated is not kept, while it is not. */
  problem(): string | undefined
  close(): Promise<void>
}

export type HistoryOptions = {
  readonly folder: string
  readonly onProblem?: (problem: string) => void
  /** More than these are forgotten, the oldest first. */
  readonly most?: number
  readonly now?: () => Date
  /** Told of what is added, where other processes share the folder. */
  readonly onAdded?: ((entry: Kept) => void) | undefined
}

type Unsaved = { readonly entry: Kept; readonly text: string }

/** Texts that wait in memory for a disk that takes them again. */
const MOST_UNSAVED = 20

/** Every map that was activated, on disk: one file a map, and one line each time in an index that only grows. */
export const openHistory = async (options: HistoryOptions): Promise<History> => {
  const { folder, onProblem, onAdded, most = 200, now = () => new Date() } = options
  const files = historyFiles(folder)
  let problem: string | undefined
  const saw = (error: unknown) => {
    const said = `maps are not kept in ${folder}: ${describe(error)}`
    if (said !== problem) onProblem?.(said)
    problem = said
  }
  const before = await files.index().catch(error => {
    saw(error)
    return { entries: [], lines: 0 }
  })
  let { lines } = before
  let entries: readonly Kept[] = before.entries.slice(0, most)
  let unsaved: Unsaved[] = []
  let writing: Promise<void> | undefined

  const writeAll = async () => {
    while (unsaved.length > 0) {
      const batch = unsaved
      for (const { entry, text } of batch) await files.write(entry.version, text)
      await files.append(batch.map(({ entry }) => entry))
      unsaved = unsaved.filter(one => !batch.includes(one))
      lines += batch.length
      if (lines > 2 * most) {
        await files.compact(entries)
        lines = entries.length
      }
    }
    problem = undefined
  }
  const write = () => {
    writing ??= writeAll()
      .catch(saw)
      .finally(() => {
        writing = undefined
        // Added while the last round was ending.
        if (problem === undefined && unsaved.length > 0) write()
      })
  }
  return {
    list: () => entries,
    problem: () => problem,
    async text(version) {
      const waiting = unsaved.find(({ entry }) => entry.version === version)
      if (waiting !== undefined) return waiting.text
      const entry = entries.find(one => one.version === version)
      return entry && (await files.read(entry))
    },
    add(snapshot, cause) {
      // A gateway that is started again and again with one map has not changed anything; nor have we where another
      // process was the first to find the change in the file.
      const isKnown = cause.by === 'start' || (cause.by === 'file' && onAdded !== undefined)
      if (isKnown && entries[0]?.version === snapshot.version) return
      const entry = entryOf(snapshot, cause, now())
      entries = [entry, ...entries].slice(0, most)
      onAdded?.(entry)
      unsaved = [...unsaved, { entry, text: snapshot.text }].slice(-MOST_UNSAVED)
      write()
    },
    learn(entry) {
      if (entries[0]?.version === entry.version && entries[0].by === entry.by) return
      entries = [entry, ...entries].slice(0, most)
    },
    async close() {
      await writing
    },
  }
}

const entryOf = (
  { version, map, text, examples }: Pick<Snapshot, 'version' | 'map' | 'text' | 'examples'>,
  { by, why, from }: Cause,
  at: Date,
): Kept => ({
  version,
  at: at.toISOString(),
  by,
  ...(why === undefined ? {} : { why }),
  ...(from === undefined ? {} : { from }),
  name: map.name,
  tasks: map.tasks.size,
  experts: map.experts.size,
  examples: examples.length,
  sha256: hash('sha256', text, 'hex'),
})

/** A map may hold secrets, so its copies are for the gateway's own user alone. */
const PRIVATE = { folder: 0o700, file: 0o600 }

const historyFiles = (folder: string) => {
  const indexFile = join(folder, 'index.jsonl')
  const fileOf = (version: string) => join(folder, `${version}.map`)
  const lineOf = (entry: Kept) => `${JSON.stringify(entry)}\n`
  return {
    async index() {
      const text = await readFile(indexFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      const all = text.split('\n').filter(line => line !== '')
      return { entries: all.flatMap(readLine).reverse(), lines: all.length }
    },
    async write(version: string, text: string) {
      await mkdir(folder, { recursive: true, mode: PRIVATE.folder })
      await replaceFile(fileOf(version), text, { mode: PRIVATE.file })
    },
    /** A line that was torn by a power cut, or a full disk, is ended first: the next one is whole again. */
    async append(entries: readonly Kept[]) {
      const handle = await open(indexFile, 'a+', PRIVATE.file)
      try {
        const { size } = await handle.stat()
        const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
        const gap = size > 0 && buffer.toString() !== '\n' ? '\n' : ''
        await handle.writeFile(gap + entries.map(lineOf).join(''))
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
    /** Whatever is not exactly what was kept is as good as gone. */
    async read({ version, sha256 }: Kept) {
      const text = await readFile(fileOf(version), 'utf8').catch(() => undefined)
      return text !== undefined && hash('sha256', text, 'hex') === sha256 ? text : undefined
    },
    async compact(entries: readonly Kept[]) {
      await replaceFile(indexFile, entries.toReversed().map(lineOf).join(''), { mode: PRIVATE.file })
      const wanted = new Set(entries.map(({ version }) => `${version}.map`))
      const there = await readdir(folder)
      const over = there.filter(name => name.endsWith('.map') && !wanted.has(name))
      await Promise.all(over.map(name => rm(join(folder, name), { force: true })))
    },
  }
}

const readLine = (line: string): Kept[] => {
  try {
    const parsed = keptMap.safeParse(JSON.parse(line))
    return parsed.success ? [parsed.data] : []
  } catch {
    return []
  }
}

import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The folder of what was computed once. It may be deleted at any time, and need not be writable. */
export type Kept = {
  readonly folder: string
  /** Keeps a file, whole or not at all: `write` writes it to the path it is given, and says how it is to be called. */
  keep(write: (path: string) => Promise<string>): Promise<void>
  /** Adds to the end of a file, unless that failed before: what follows half a record would never be read. */
  append(name: string, bytes: Buffer): Promise<void>
  /** Why something was not kept: the next start computes it again. The first reason; the others are the same. */
  problem(): string | undefined
}

/** Files of one kind that are kept: as many as a few maps under work need. */
const KEPT = 8

export const openKept = (folder: string): Kept => {
  let problem: string | undefined
  const failed = (error: unknown) => {
    problem ??= `${folder} cannot be written: ${error instanceof Error ? error.message : error}`
  }
  const keep = async (write: (path: string) => Promise<string>) => {
    // A name of its own: several processes may share the folder.
    const unfinished = join(folder, `unfinished-${process.pid}-${Math.random().toString(36).slice(2)}`)
    try {
      await mkdir(folder, { recursive: true })
      const name = await write(unfinished)
      await rename(unfinished, join(folder, name))
      await removeOldest(folder, name.slice(0, name.indexOf('-') + 1)).catch(() => undefined)
    } catch (error) {
      failed(error)
      await rm(unfinished, { force: true }).catch(() => undefined)
    }
  }
  return {
    folder,
    keep,
    async append(name, bytes) {
      if (problem !== undefined) return
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(join(folder, name), bytes, { flag: 'a' })
      } catch (error) {
        failed(error)
      }
    },
    problem: () => problem,
  }
}

/** Another process may be doing the same: whoever is second finds less to remove. */
const removeOldest = async (folder: string, kind: string) => {
  const names = (await readdir(folder)).filter(name => name.startsWith(kind))
  const files = await Promise.all(
    names.map(async name => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
  )
  files.sort((a, b) => b.at - a.at)
  await Promise.all(files.slice(KEPT).map(file => rm(file.path, { force: true })))
}

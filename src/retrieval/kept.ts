import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files of one kind that are kept: as many as a few maps under work need. */
const KEPT = 8

/**
 * Keeps something that was computed, whole or not at all, and removes the oldest of its kind. A folder that cannot be
 * written to costs the next start some seconds, nothing else.
 */
export const keep = async (dataPath: string, name: string, write: (path: string) => void | Promise<void>) => {
  const unfinished = join(dataPath, `unfinished-${process.pid}-${Math.random().toString(36).slice(2)}`)
  try {
    await mkdir(dataPath, { recursive: true })
    await write(unfinished)
    await rename(unfinished, join(dataPath, name))
    await removeOldest(dataPath, name.slice(0, name.indexOf('-') + 1))
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined)
  }
}

export const keepJson = (dataPath: string, name: string, value: unknown) =>
  keep(dataPath, name, path => writeFile(path, JSON.stringify(value)))

const removeOldest = async (dataPath: string, kind: string) => {
  const names = (await readdir(dataPath)).filter(name => name.startsWith(kind))
  const files = await Promise.all(
    names.map(async name => ({ path: join(dataPath, name), at: (await stat(join(dataPath, name))).mtimeMs })),
  )
  files.sort((a, b) => b.at - a.at)
  await Promise.all(files.slice(KEPT).map(file => rm(file.path, { force: true })))
}

import { type FSWatcher, watch } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export type Watcher = {
  /** The files of the snapshot now served; with new ones among them, one more reading is asked for. */
  watch(files: readonly string[]): void
  close(): void
}

export type WatchOptions = {
  onChange: () => void
  /** Editors and copies write in bursts: wait until it has been quiet for this long. */
  quietMs?: number
  /** Some file systems send no events; a look at the times finds what they miss. */
  pollMs?: number
}

/**
 * Watches the folders rather than the files, because editors rename and ConfigMaps swap a symlink; says only
 * that something changed. What the change is worth is found out by reading.
 */
export const createWatcher = ({ onChange, quietMs = 100, pollMs = 2_000 }: WatchOptions): Watcher => {
  const watchers = new Map<string, FSWatcher>()
  /** Each file as it was when it was last looked at. */
  let seen = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const look = async () => {
    const now = await signatures([...seen.keys()])
    const changed = [...now].some(([file, signature]) => seen.has(file) && seen.get(file) !== signature)
    if (closed || !changed) return
    for (const [file, signature] of now) if (seen.has(file)) seen.set(file, signature)
    onChange()
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), quietMs)
  }
  const watchFolder = (folder: string) => {
    if (closed || watchers.has(folder)) return
    try {
      const watcher = watch(folder, { persistent: false }, soon)
      watcher.on('error', () => {
        watcher.close()
        watchers.delete(folder)
      })
      watchers.set(folder, watcher)
    } catch {
      // The folder is gone or the system's watches are used up: looking at the times goes on.
    }
  }
  const poll = setInterval(() => void look(), pollMs)
  poll.unref()

  return {
    watch(files) {
      void signatures(files).then(now => {
        // What changed between its being read and this first look would otherwise never be found.
        const isNew = files.some(file => !seen.has(file))
        // Files known already keep what was seen of them: a change during the preparation is still found.
        seen = new Map(files.map(file => [file, seen.get(file) ?? now.get(file) ?? '']))
        if (closed) return
        if (isNew) onChange()
        else soon()
      })
      void foldersOf(files).then(folders => {
        for (const [folder, watcher] of watchers) {
          if (folders.has(folder)) continue
          watcher.close()
          watchers.delete(folder)
        }
        folders.forEach(watchFolder)
      })
    },
    close() {
      closed = true
      clearTimeout(timer)
      clearInterval(poll)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}

/** The folder that names a file, and the one it really lies in. */
const foldersOf = async (files: readonly string[]): Promise<Set<string>> => {
  const real = await Promise.all(files.map(file => realpath(file).catch(() => file)))
  return new Set([...files, ...real].map(file => dirname(file)))
}

const signatures = async (files: readonly string[]): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, string]> => {
        const state = await stat(file).catch(() => undefined)
        return [file, state === undefined ? 'gone' : `${state.ino}:${state.size}:${state.mtimeMs}`]
      }),
    ),
  )

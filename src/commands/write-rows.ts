import { access, open, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { UsageError } from './command.ts'

const zip = promisify(gzip)

/** Nobody's file is written over unless they say so. */
export const refuseToReplace = async (paths: readonly string[], force: boolean): Promise<void> => {
  if (force) return
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    )
    if (isThere) throw new UsageError(`${path} is there already; --force replaces it.`)
  }
}

/** All files or none: each is complete on disk before the first takes its place. */
export const writeWhole = async (files: ReadonlyMap<string, string>): Promise<void> => {
  const kept: [string, string][] = [...files.keys()].map(path => [path, `${path}.${process.pid}.tmp`])
  try {
    for (const [path, beside] of kept) {
      const text = files.get(path) ?? ''
      const file = await open(beside, 'wx')
      try {
        await file.writeFile(path.endsWith('.gz') ? await zip(text) : text)
        await file.sync()
      } finally {
        await file.close()
      }
    }
    for (const [path, beside] of kept) await rename(beside, path)
  } finally {
    for (const [, beside] of kept) await rm(beside, { force: true })
  }
}

/** `all.jsonl` and `context` make `all.context.jsonl`. */
export const besides = (path: string, part: string): string =>
  /\.jsonl(\.gz)?$/i.test(path) ? path.replace(/(\.jsonl(?:\.gz)?)$/i, `.${part}$1`) : `${path}.${part}.jsonl`

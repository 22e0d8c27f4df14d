import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Kept } from './kept.ts'

/** A kept file whose checksum is part of its name, so that the two cannot be parted. */
export type Checked = { readonly prefix: string; readonly suffix: string }

const nameOf = ({ prefix, suffix }: Checked, bytes: Uint8Array) =>
  `${prefix}-${crc32(bytes).toString(16)}.${suffix}`

/** The file as it was written, or nothing: a damaged one is removed. */
export const readChecked = async (folder: string, file: Checked) => {
  const names = await readdir(folder).catch(() => [])
  const found = names.find(name => name.startsWith(`${file.prefix}-`) && name.endsWith(`.${file.suffix}`))
  if (found === undefined) return undefined
  const path = join(folder, found)
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes !== undefined && found === nameOf(file, bytes)) return { path, bytes }
  await rm(path, { force: true }).catch(() => undefined)
  return undefined
}

/** The files of one kind that are kept, the newest first. */
export const newestChecked = async (folder: string, { prefix, suffix }: Checked): Promise<Checked[]> => {
  const all = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    all
      .filter(name => name.startsWith(`${prefix}-`) && name.endsWith(`.${suffix}`))
      .map(async name => {
        const at = await stat(join(folder, name)).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        )
        // Without the checksum behind it.
        return { prefix: name.slice(0, name.lastIndexOf('-')), suffix, at }
      }),
  )
  return files.sort((a, b) => b.at - a.at)
}

/** Keeps what `write` writes to the path that it is given. */
export const keepChecked = (kept: Kept, file: Checked, write: (path: string) => void | Promise<void>) =>
  kept.keep(async path => {
    await write(path)
    return nameOf(file, await readFile(path))
  })

import { createHash, randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file's content by its hash; of one that is not there, undefined. */
export const fingerprint = async (file: string): Promise<string | undefined> => {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex')
}

export type Replacing = {
  /** What must still stand there; if it does not, nothing is written. */
  readonly expected?: { readonly fingerprint: string | undefined }
  /** Keeps what stood there under this name. */
  readonly backup?: string
  /** The rights of a file that is not there yet; of one that is, its own. */
  readonly mode?: number
}

/** Puts a text in a file's place at once: whoever reads it sees the old or the new, and never a half. */
export const replaceFile = async (
  file: string,
  text: string,
  { expected, backup, mode }: Replacing = {},
): Promise<'written' | 'changed meanwhile'> => {
  await mkdir(dirname(file), { recursive: true })
  // Where it is a link, what it points to is replaced.
  const target = await realpath(file).catch(() => file)
  const beside = `${target}.${randomBytes(4).toString('hex')}.new`
  try {
    await writeDurably(beside, text, (await modeOf(target)) ?? mode)
    if (expected !== undefined && (await fingerprint(target)) !== expected.fingerprint)
      return 'changed meanwhile'
    if (backup !== undefined) await copyFile(target, backup)
    await rename(beside, target)
    return 'written'
  } finally {
    await rm(beside, { force: true })
  }
}

const writeDurably = async (file: string, text: string, mode: number | undefined) => {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (mode !== undefined) await chmod(file, mode)
}

const modeOf = async (file: string) => (await stat(file).catch(() => undefined))?.mode

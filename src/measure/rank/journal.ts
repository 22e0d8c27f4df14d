import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Reply } from './measurement.ts'

export type Journal = {
  /** Resolves when the answer lies on the disk; only then it counts. */
  keep(key: string, expert: string, reply: Reply): Promise<void>
  close(): Promise<void>
}

const record = z.object({
  key: z.string(),
  reply: z.string(),
  usage: z.object({
    input: z.number().min(0),
    output: z.number().min(0),
    estimated: z.literal(true).optional(),
  }),
  ms: z.number(),
})

export const journalFolder = (dataPath: string) => join(dataPath, 'rank')

/**
 * What earlier runs wrote down, as far as it is wanted. A run that was killed may have left half a line; what an
 * answer once was it stays, so the first of two counts.
 */
export const readJournal = async (
  folder: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Reply>> => {
  const known = new Map<string, Reply>()
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names.filter(file => file.endsWith('.jsonl')).sort()) {
    const lines = createInterface({ input: createReadStream(join(folder, name)), crlfDelay: Infinity })
    for await (const line of lines) {
      const found = parse(line)
      if (found === undefined || !wanted.has(found.key) || known.has(found.key)) continue
      const { input, output, estimated } = found.usage
      const usage = { input, output, ...(estimated && { estimated }) }
      known.set(found.key, { text: found.reply, usage, ms: found.ms })
    }
  }
  return known
}

const parse = (line: string): z.output<typeof record> | undefined => {
  try {
    return record.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

type Waiting = { readonly line: string; written(): void; failed(error: unknown): void }

/** A file of this run's own, made with its first answer. Answers that come together share one write and one fsync. */
export const openJournal = (folder: string, now: () => number = Date.now): Journal => {
  let file: Promise<FileHandle> | undefined
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  /** After half a line nothing may be appended: the next one would be lost with it. */
  let broken: { readonly error: unknown } | undefined

  const writeAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        if (broken !== undefined) throw broken.error
        file ??= create(folder, now())
        const handle = await file
        await handle.appendFile(batch.map(({ line }) => line).join(''))
        await handle.datasync()
        for (const one of batch) one.written()
      } catch (error) {
        broken ??= { error }
        for (const one of batch) one.failed(error)
      }
    }
    writing = undefined
  }
  return {
    keep(key, expert, { text, usage, ms }) {
      const at = new Date(now()).toISOString()
      const line = `${JSON.stringify({ key, expert, at, ms, usage, reply: text })}\n`
      return new Promise<void>((written, failed) => {
        waiting.push({ line, written, failed })
        writing ??= writeAll()
      })
    },
    async close() {
      await writing
      await (await file?.catch(() => undefined))?.close()
    },
  }
}

const create = async (folder: string, now: number): Promise<FileHandle> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = `${new Date(now).toISOString().replace(/[:.]/g, '-')}-${process.pid}.jsonl`
  // Replies may hold what the questions hold: nobody else's business.
  const handle = await open(join(folder, name), 'ax', 0o600)
  await syncFolder(folder)
  return handle
}

/** The name of a new file is on the disk only when its folder is. */
export const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

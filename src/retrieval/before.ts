/** What was found out about a context earlier, and holds for most of one that differs from it by a few examples. */

import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Judged } from './calibrate.ts'
import { type Checked, keepChecked, newestChecked, readChecked } from './checked.ts'
import type { Kept } from './kept.ts'
import type { Preparation } from './protocol.ts'

/** A context that was prepared before: the same, or nearly so. */
export type Before = {
  /** Under which its heads are kept. */
  readonly name: string
  /** How many examples it had. */
  readonly rows: number
  /** Which of them each example of now is; -1 for one that is new. */
  readonly rowOf: Int32Array
  /** Its judgements of examples that are still there, by their rows of now. */
  readonly judged: readonly Judged[]
  /** How many examples have come and gone since one was judged as a whole. */
  readonly changed: number
}

/** Where what takes long to find out about a context is kept, and what is known of nearly the same one. */
export type Known = { readonly kept: Kept; readonly name: string; readonly before: Before | undefined }

/** A context of which more has changed is judged as a whole once more: so few hardly move what was said of the others. */
const MOST_CHANGED = 0.05
/** Fewer examples are judged before an earlier context is read. */
const FEWEST = 1_000

/** What is kept of a context: a line for each example, and what was said of those that were judged. */
type Content = {
  readonly changed: number
  readonly keys: readonly string[]
  readonly judged: readonly Judged[]
}

/** An example with another task is another example. */
export const keysOf = ({ texts, tasks }: Pick<Preparation, 'texts' | 'tasks'>): string[] =>
  texts.map((text, row) => hash('sha1', JSON.stringify([text, tasks[row]]), 'hex').slice(0, 16))

const PREFIX = 'judged'
const fileOf = (name: string): Checked => ({ prefix: `${PREFIX}-${name}`, suffix: 'json' })

export const keepContent = (kept: Kept, name: string, content: Content) =>
  keepChecked(kept, fileOf(name), path => writeFile(path, JSON.stringify(content)))

/** Of this very context, or of the newest that is nearly the same: of one kind, since other tasks are other columns. */
export const findBefore = async (
  { folder }: Kept,
  { kind, name }: { readonly kind: string; readonly name: string },
  keys: readonly string[],
): Promise<Before | undefined> => {
  const same = await read(folder, fileOf(name))
  if (same !== undefined) return placed(name, same, keys)
  if (keys.length < FEWEST) return undefined
  for (const file of await newestChecked(folder, fileOf(kind))) {
    const content = await read(folder, file)
    const found = content && placed(file.prefix.slice(PREFIX.length + 1), content, keys)
    if (found !== undefined && found.changed <= MOST_CHANGED * keys.length) return found
  }
  return undefined
}

const read = async (folder: string, file: Checked): Promise<Content | undefined> => {
  const found = await readChecked(folder, file)
  // Its checksum says that it is as it was written.
  return found && (JSON.parse(found.bytes.toString()) as Content)
}

/** Which example is which. Of several that are alike it does not matter. */
const placed = (name: string, { changed, keys: then, judged }: Content, now: readonly string[]): Before => {
  const free = new Map<string, number[]>()
  then.forEach((key, row) => {
    const alike = free.get(key)
    if (alike === undefined) free.set(key, [row])
    else alike.push(row)
  })
  const rowOf = Int32Array.from(now, key => free.get(key)?.shift() ?? -1)
  const nowOf = new Map(Array.from(rowOf, (row, at) => [row, at]))
  const stayed = nowOf.size - (nowOf.has(-1) ? 1 : 0)
  return {
    name,
    rows: then.length,
    rowOf,
    judged: judged
      .flatMap(one => {
        const row = nowOf.get(one.row)
        return row === undefined ? [] : [{ ...one, row }]
      })
      .sort((a, b) => a.row - b.row),
    changed: changed + (then.length - stayed) + (now.length - stayed),
  }
}

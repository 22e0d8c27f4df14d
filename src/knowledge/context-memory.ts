import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hashOfRunbooks, type ReadContext, readContext, readText } from './context.ts'

type Known = { readonly textHash: string; readonly context: ReadContext }

/** Files of one map, and of one that is tried beside it. */
const MOST = 64

/**
 * Reads contexts as `readContext` does, but parses one only when it has changed: a change of the map alone must not
 * cost what ten thousand examples do. Snapshots of the same context then share its examples, too.
 */
export const rememberContexts = (): typeof readContext => {
  const known = new Map<string, Known>()
  return async (file, given) => {
    const text = given ?? (await readText(file).catch(() => undefined))
    if (text === undefined) return await readContext(file)
    const textHash = hash('sha256', text, 'hex')
    const before = known.get(file)
    if (before?.textHash === textHash && (await areStill(before.context))) return before.context
    const context = await readContext(file, text)
    known.delete(file)
    known.set(file, { textHash, context })
    const [oldest] = known.keys()
    if (known.size > MOST && oldest !== undefined) known.delete(oldest)
    return context
  }
}

const areStill = async ({ runbooks, runbooksHash }: ReadContext) => {
  const texts = await Promise.all(runbooks.map(path => readFile(path, 'utf8').catch(() => undefined)))
  return hashOfRunbooks(runbooks.map((path, at) => [path, texts[at]])) === runbooksHash
}

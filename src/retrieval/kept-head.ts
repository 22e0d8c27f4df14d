import { writeFile } from 'node:fs/promises'
import { aside, worthAThread } from './aside.ts'
import type { Before, Known } from './before.ts'
import { keepChecked, readChecked } from './checked.ts'
import { type Features, fitHead, type Head, refitHead, widthFor } from './head.ts'

export type ToFit = {
  readonly features: Features
  readonly labels: Int32Array
  readonly tasks: number
  /** What the examples pulled when nearly the same were fitted. */
  readonly pull?: Float32Array | undefined
}

export const fitHere = ({ features, labels, tasks, pull }: ToFit): Head =>
  pull === undefined ? fitHead(features, labels, tasks) : refitHead(features, labels, tasks, pull)

/** Beside this thread where that pays. */
export const fitAside = (given: ToFit): Head | Promise<Head> =>
  worthAThread(given.features.n) ? aside('aside-head', given).catch(() => fitHere(given)) : fitHere(given)

/** A context has two: of the whole vote, and of the vote by words. */
type Which = 'head' | 'words'

const fileOf = (which: Which, name: string) => ({ prefix: `${which}-${name}`, suffix: 'bin' })

/** The head of a context that was fitted before; otherwise fitted now, from one of nearly the same where there is one. */
export const headOf = async (
  which: Which,
  { kept, name, before }: Known,
  given: ToFit,
  make: (given: ToFit) => Head | Promise<Head>,
): Promise<Head> => {
  const { features, tasks } = given
  const width = widthFor(tasks)
  const known = asHead((await readChecked(kept.folder, fileOf(which, name)))?.bytes, features, width)
  if (known !== undefined) return known
  const earlier = before && (await readChecked(kept.folder, fileOf(which, before.name)))
  const pull = earlier && pullFrom(floatsOf(earlier.bytes), before, { n: features.n, width })
  const head = await make({ ...given, pull })
  await keepChecked(kept, fileOf(which, name), path =>
    writeFile(path, Buffer.concat([bytesOf(head.weights), bytesOf(head.pull)])),
  )
  return head
}

const asHead = (bytes: Buffer | undefined, features: Features, width: number): Head | undefined => {
  const { dims, lexical, n } = features
  const weights = (dims + lexical) * width
  if (bytes?.length !== (weights + n * width) * Float32Array.BYTES_PER_ELEMENT) return undefined
  const numbers = floatsOf(bytes)
  return { width, dims, weights: numbers.subarray(0, weights), pull: numbers.subarray(weights) }
}

/** A copy, because floats must begin where a small file's shared buffer may not. */
const floatsOf = (bytes: Buffer) => new Float32Array(new Uint8Array(bytes).buffer)

/** Keywords stand behind the examples, and are the same: a context that has others is not nearly the same. */
const pullFrom = (
  earlier: Float32Array,
  { rowOf, rows }: Before,
  { n, width }: { readonly n: number; readonly width: number },
): Float32Array | undefined => {
  const keywords = n - rowOf.length
  const from = earlier.length - (rows + keywords) * width
  if (from < 0) return undefined
  const pull = new Float32Array(n * width)
  const copy = (row: number, then: number) =>
    pull.set(earlier.subarray(from + then * width, from + (then + 1) * width), row * width)
  rowOf.forEach((then, row) => {
    if (then >= 0) copy(row, then)
  })
  for (let word = 0; word < keywords; word++) copy(rowOf.length + word, rows + word)
  return pull
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

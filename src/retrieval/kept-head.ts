import { writeFile } from 'node:fs/promises'
import { aside, worthAThread } from './aside.ts'
import { keepChecked, readChecked } from './checked.ts'
import { type Features, fitHead, type Head, widthFor } from './head.ts'
import type { Kept } from './kept.ts'

export type ToFit = { readonly features: Features; readonly labels: Int32Array; readonly tasks: number }

export const fitHere = ({ features, labels, tasks }: ToFit): Head => fitHead(features, labels, tasks)

/** Beside this thread where that pays. */
export const fitAside = (given: ToFit): Head | Promise<Head> =>
  worthAThread(given.features.n) ? aside('aside-head', given).catch(() => fitHere(given)) : fitHere(given)

/** The head of a context that was fitted before; otherwise fitted now, and kept under `prefix`. */
export const headOf = async (
  kept: Kept,
  prefix: string,
  given: ToFit,
  make: (given: ToFit) => Head | Promise<Head>,
): Promise<Head> => {
  const { features, tasks } = given
  const file = { prefix, suffix: 'bin' }
  const known = asHead((await readChecked(kept.folder, file))?.bytes, features, widthFor(tasks))
  if (known !== undefined) return known
  const head = await make(given)
  await keepChecked(kept, file, path =>
    writeFile(path, Buffer.concat([bytesOf(head.weights), bytesOf(head.pull)])),
  )
  return head
}

const asHead = (bytes: Buffer | undefined, features: Features, width: number): Head | undefined => {
  const { dims, lexical, n } = features
  const weights = (dims + lexical) * width
  if (bytes?.length !== (weights + n * width) * Float32Array.BYTES_PER_ELEMENT) return undefined
  // A copy, because floats must begin where a small file's shared buffer may not.
  const numbers = new Float32Array(new Uint8Array(bytes).buffer)
  return { width, dims, weights: numbers.subarray(0, weights), pull: numbers.subarray(weights) }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

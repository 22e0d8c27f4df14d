import { writeFile } from 'node:fs/promises'
import { keepChecked, readChecked } from './checked.ts'
import { type Features, fitHead, type Head, widthFor } from './head.ts'
import type { Kept } from './kept.ts'

/** The head of a context that was fitted before; otherwise fitted now, and kept under `prefix`. */
export const headOf = async (
  kept: Kept,
  prefix: string,
  features: Features,
  labels: Int32Array,
  tasks: number,
): Promise<Head> => {
  const file = { prefix, suffix: 'bin' }
  const known = asHead((await readChecked(kept.folder, file))?.bytes, features, widthFor(tasks))
  if (known !== undefined) return known
  const head = fitHead(features, labels, tasks)
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

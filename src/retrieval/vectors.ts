import { createHash } from 'node:crypto'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { DIMENSIONS } from './encoder.ts'
import type { Kept } from './kept.ts'

const HASH_BYTES = 16
const VECTOR_BYTES = DIMENSIONS * 4
const RECORD_BYTES = HASH_BYTES + VECTOR_BYTES + 4

/** Vectors computed before, by content: a text that was ever encoded is not encoded again. */
export type Vectors = {
  get(text: string): Float32Array | undefined
  /** Kept on disk before it returns; a record cut short by a crash is dropped on the next start. */
  add(entries: readonly (readonly [text: string, vector: Float32Array])[]): Promise<void>
}

const contentHash = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, HASH_BYTES).toString('hex')

const fileOf = (encoderId: string) => `vectors-${encoderId}.bin`

/** Vectors that came with the weights: read, never written. */
export const readVectors = async (folder: string, encoderId: string): Promise<Pick<Vectors, 'get'>> => {
  const known = new Map<string, Float32Array>()
  readRecords(await readFile(join(folder, fileOf(encoderId))).catch(() => Buffer.alloc(0)), known)
  return { get: text => known.get(contentHash(text)) }
}

/** Writes them: what `npm run vectors` does for the shipped context. */
export const writeVectors = async (
  folder: string,
  encoderId: string,
  entries: readonly (readonly [text: string, vector: Float32Array])[],
): Promise<void> => {
  const records = entries.map(([text, vector]) => toRecord(contentHash(text), vector))
  await writeFile(join(folder, fileOf(encoderId)), Buffer.concat(records))
}

export const openVectors = async (kept: Kept, encoderId: string): Promise<Vectors> => {
  const name = fileOf(encoderId)
  const path = join(kept.folder, name)
  const known = new Map<string, Float32Array>()
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  const intact = readRecords(bytes, known)
  if (intact < bytes.length) await truncate(path, intact)
  return {
    get: text => known.get(contentHash(text)),
    async add(entries) {
      const fresh = entries.map(([text, vector]) => ({ hash: contentHash(text), vector }))
      for (const { hash, vector } of fresh) known.set(hash, vector)
      await kept.append(name, Buffer.concat(fresh.map(({ hash, vector }) => toRecord(hash, vector))))
    },
  }
}

const readRecords = (bytes: Buffer, known: Map<string, Float32Array>): number => {
  let at = 0
  for (; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const checked = bytes.subarray(at, at + RECORD_BYTES - 4)
    if (crc32(checked) !== bytes.readUInt32LE(at + RECORD_BYTES - 4)) return at
    known.set(checked.toString('hex', 0, HASH_BYTES), vectorIn(bytes, at + HASH_BYTES))
  }
  return at
}

/** Thousands of small copies would leave the memory they were in full of holes. */
const vectorIn = ({ buffer, byteOffset }: Buffer, at: number): Float32Array => {
  const from = byteOffset + at
  return from % Float32Array.BYTES_PER_ELEMENT === 0
    ? new Float32Array(buffer, from, DIMENSIONS)
    : new Float32Array(buffer.slice(from, from + VECTOR_BYTES))
}

const toRecord = (hash: string, vector: Float32Array): Buffer => {
  const checked = Buffer.concat([
    Buffer.from(hash, 'hex'),
    Buffer.from(vector.buffer, vector.byteOffset, VECTOR_BYTES),
  ])
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(checked))
  return Buffer.concat([checked, sum])
}

const truncate = async (path: string, length: number) => {
  const file = await open(path, 'r+').catch(() => undefined)
  await file?.truncate(length).catch(() => undefined)
  await file?.close()
}

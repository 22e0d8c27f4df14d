import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What somebody said a question's task is, against what was decided. */
export const correctionSchema = z.object({
  at: z.string(),
  requestId: z.string(),
  client: z.string().optional(),
  expert: z.string(),
  from: z.string(),
  to: z.string(),
  score: z.number(),
  /** Only where questions may be kept. */
  question: z.string().optional(),
  questionHash: z.string(),
})
export type Correction = Readonly<z.output<typeof correctionSchema>>

/** A person has looked at that correction and does not want it. */
const declinedLine = z.object({
  declined: z.literal(true),
  requestId: z.string(),
  client: z.string().optional(),
})

export const correctionsPath = (dataPath: string) => join(dataPath, 'feedback.jsonl')
export const correctionsBefore = (dataPath: string) => join(dataPath, 'feedback.1.jsonl')

/** Of each request the last word, oldest first; what was declined is left out. A line that is none is passed over. */
export const readCorrections = async (dataPath: string): Promise<Correction[]> => {
  const texts = await Promise.all([correctionsBefore(dataPath), correctionsPath(dataPath)].map(textOf))
  const byRequest = new Map<string, Correction>()
  for (const value of texts.flatMap(text => text.split('\n')).map(parse)) {
    const declined = declinedLine.safeParse(value).data
    if (declined !== undefined) byRequest.delete(keyOf(declined))
    const correction = correctionSchema.safeParse(value).data
    if (correction === undefined) continue
    byRequest.delete(keyOf(correction))
    byRequest.set(keyOf(correction), correction)
  }
  return [...byRequest.values()]
}

/** Of each request the last word, newest first: several processes may have read the same from the file. */
export const correctionsTogether = (all: readonly (readonly Correction[])[]): Correction[] => {
  const oldestFirst = all.flat().sort((a, b) => (a.at < b.at ? -1 : 1))
  return [...new Map(oldestFirst.map(one => [keyOf(one), one])).values()].sort((a, b) =>
    a.at < b.at ? 1 : -1,
  )
}

export const declinedLineOf = ({ requestId, client }: Correction): string =>
  `${JSON.stringify({ declined: true, requestId, client })}\n`

/** Clients may choose their requests' ids: only with the key's name they are one's own. */
export const keyOf = ({ client = '', requestId }: { client?: string | undefined; requestId: string }) =>
  `${client}\0${requestId}`

const textOf = (path: string) =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

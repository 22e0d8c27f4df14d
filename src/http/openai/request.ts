import { parse as parseSafely } from 'secure-json-parse'
import type { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import { type Extent, extentOf, isEscaped } from './extent.ts'
import { createPlaces, type Place } from './splice.ts'

/** A request's body: parsed for reading, and the bytes for passing on. */
export type Body = {
  readonly value: unknown
  readonly bytes: Buffer
  /** Where the model's name may stand in them, if that has been looked for. */
  readonly modelAt?: readonly Place[]
}

const MOST: Extent = {
  /** Deeper than anything sensible, and far below what makes an expert's own parser fail. */
  depth: 128,
  /** The largest request for embeddings of token numbers has 300,000. */
  values: 500_000,
  members: 100_000,
}

export const parseBody = (bytes: Buffer): Body => {
  if (bytes.length === 0) throw new GatewayError('invalid_request', 'The request has no body; send JSON.')
  const model = createPlaces(bytes, 'model')
  let suspicious = bytes[0] === BOM
  const extent = extentOf(bytes, MOST, (start, end, valueAt, depth) => {
    suspicious ||= mayReachIn(bytes, start, end)
    model.onName(start, end, valueAt, depth)
  })
  if (extent.depth > MOST.depth) throw unusable(`it is nested more than ${MOST.depth} levels deep`)
  if (extent.values > MOST.values) throw unusable(`it holds more than ${MOST.values} values`)
  if (extent.members > MOST.members) throw unusable(`it holds more than ${MOST.members} named values`)
  const value = parsed(bytes, suspicious)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  }
  return { value, bytes, modelAt: model.all }
}

const parsed = (bytes: Buffer, suspicious: boolean): unknown => {
  try {
    return suspicious
      ? parseSafely(bytes, { protoAction: 'error', constructorAction: 'error' })
      : JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw unusable(error instanceof Error ? withoutQuote(error.message) : 'it cannot be parsed')
  }
}

/** The first byte of a byte order mark, which Windows puts before a text. */
const BOM = 0xef
const REACHING_IN = ['"__proto__"', '"constructor"'].map(name => Buffer.from(name))

/** Whether a name could reach into objects, spelt out or with escapes. To look for these in all the bytes takes longer. */
const mayReachIn = (json: Buffer, start: number, end: number): boolean =>
  REACHING_IN.some(name => name.length === end - start && name.compare(json, start, end) === 0) ||
  isEscaped(json, start, end)

/** The parser quotes what it stumbled over, which may be somebody's question. */
const withoutQuote = (message: string) => message.replace(/, (?:\.\.\.)?".*$/s, '')

const unusable = (why: string) => new GatewayError('invalid_request', `The body is not usable JSON: ${why}.`)

/** Reads with a schema; the first thing wrong is named as OpenAI names it, `messages[0].content`. */
export const read = <T extends z.ZodType>(schema: T, { value }: Body): z.output<T> => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = deepest(parsed.error.issues[0])
  const param = issue === undefined ? '' : paramOf(issue.path)
  const what = issue?.message.replace(/^Invalid input: /, '').replace(/.*received undefined$/, 'is missing')
  throw new GatewayError('invalid_request', `${param || 'body'}: ${what ?? 'is not valid'}`, { param })
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** Of a value that fits none of several forms, the complaint of the form it got furthest into. */
const deepest = (issue: z.core.$ZodIssue | undefined): Issue | undefined => {
  if (issue?.code !== 'invalid_union') return issue
  const inner = issue.errors
    .flatMap(branch => deepest(branch[0]) ?? [])
    .sort((a, b) => b.path.length - a.path.length)[0]
  if (inner === undefined || inner.path.length === 0) {
    return { path: issue.path, message: 'has a type that is not accepted here' }
  }
  return { path: [...issue.path, ...inner.path], message: inner.message }
}

const paramOf = (path: readonly PropertyKey[]) =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')

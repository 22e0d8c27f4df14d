import { isAbsolute, relative, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, isSeq, type Pair, parseDocument } from 'yaml'
import {
  atEnd,
  below,
  block,
  type Edit,
  endOf,
  inBraces,
  indented,
  isObject,
  pairOf,
  replaceSection,
  type Source,
  valueRange,
} from './map-text.ts'

export type WrittenScore = { readonly accuracy: number; readonly n?: number | undefined }

export type MapChanges = {
  /** Expert, task, score: these are put in place of what stands there, others are left. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, WrittenScore>>>>
  /** Sections that a program keeps, by their names: what they hold already stays unless it is given anew. */
  readonly sections?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Tasks whose pinned order goes, so that scores decide; `unknown` for what fits none. */
  readonly unpin?: readonly string[]
  /** Where it stood and where it will stand, if that is another folder: relative paths in it go along. */
  readonly moved?: { readonly from: string; readonly to: string }
}

/**
 * The text of a map with other scores in it: nothing else of it changes, no comment, no order, no space. Where a
 * file is written in a way that allows no such care (all of it in braces, scores that are an alias), it is written
 * anew from what it means, comments included.
 */
export const changedMap = (text: string, changes: MapChanges): string => {
  const wanted = meaning(text, changes)
  const careful = spliced(text, changes)
  if (careful !== undefined && isSame(careful, wanted)) return careful
  return isJson(text) ? `${JSON.stringify(wanted.toJS(), null, 2)}\n` : wanted.toString({ lineWidth: 0 })
}

const isSame = (text: string, wanted: Document.Parsed): boolean => {
  try {
    const doc = parseDocument(text)
    return (
      doc.errors.length === 0 && JSON.stringify(sorted(doc.toJS())) === JSON.stringify(sorted(wanted.toJS()))
    )
  } catch {
    // An alias whose anchor went with what was taken away.
    return false
  }
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, own]) => [key, sorted(own)]),
  )
}

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What the changed file must mean, by the library's own editing. */
const meaning = (text: string, { scores, sections = {}, unpin = [], moved }: MapChanges): Document.Parsed => {
  const doc = parseDocument(text)
  for (const task of unpin) doc.deleteIn(task === 'unknown' ? ['unknown'] : ['tasks', task, 'experts'])
  setScores(doc, scores)
  for (const [name, value] of Object.entries(sections)) doc.set(name, doc.createNode(added(doc, name, value)))
  if (moved !== undefined) for (const path of pathsIn(doc)) path.value = rebased(String(path.value), moved)
  return doc
}

const setScores = (doc: Document.Parsed, scores: MapChanges['scores']) => {
  const before = doc.get('scores', true)
  // An alias, or nothing: what it stands for becomes the section's own.
  if (!isMap(before)) doc.set('scores', doc.createNode(isNode(before) ? (before.toJS(doc) ?? {}) : {}))
  for (const [expert, byTask] of Object.entries(scores)) {
    if (!isMap(doc.getIn(['scores', expert], true))) doc.setIn(['scores', expert], doc.createNode({}))
    for (const [task, score] of Object.entries(byTask)) {
      doc.setIn(['scores', expert, task], doc.createNode(score, { flow: true }))
    }
  }
}

const added = (doc: Document.Parsed, name: string, value: Readonly<Record<string, unknown>>) => {
  const node = doc.get(name, true)
  const before: unknown = isNode(node) ? node.toJS(doc) : undefined
  return { ...(isObject(before) ? before : {}), ...value }
}

/** Of a path that begins with a variable nobody knows here whether it is relative. */
const pathsIn = (doc: Document.Parsed) => {
  const context = doc.get('context', true)
  const nodes = [...(isSeq(context) ? context.items : []), doc.getIn(['classifier', 'prompt'], true)]
  return nodes
    .filter(node => isScalar(node))
    .filter(({ value }) => typeof value === 'string' && !isAbsolute(value) && !value.startsWith('${'))
}

const rebased = (path: string, { from, to }: { from: string; to: string }) =>
  relative(to, resolve(from, path)).replaceAll('\\', '/')

const spliced = (text: string, changes: MapChanges): string | undefined => {
  const doc = parseDocument(text)
  const root = doc.contents
  if (!isMap(root) || root.flow || doc.errors.length > 0) return undefined
  const source = { text, root, doc }
  const edits = [
    ...scoreEdits(source, changes.scores),
    ...Object.entries(changes.sections ?? {}).flatMap(([name, value]) => sectionEdits(source, name, value)),
    ...(changes.unpin ?? []).flatMap(task => pinEdits(source, task)),
    ...(changes.moved === undefined ? [] : pathEdits(doc, changes.moved)),
  ]
  const changed = edits
    .map((edit, at) => ({ ...edit, at }))
    // From the end, so that places stay; of several at one place the first comes first.
    .sort((a, b) => b.from - a.from || b.at - a.at)
    .reduce((whole, { from, to, text: put }) => whole.slice(0, from) + put + whole.slice(to), text)
  return text.includes('\r\n') ? changed.replace(/\r?\n/g, '\r\n') : changed
}

const scoreEdits = (source: Source, scores: MapChanges['scores']): Edit[] => {
  const section = pairOf(source.root, 'scores')
  const known = section?.value
  if (section === undefined) return [atEnd(source, block({ scores }))]
  if (!isMap(known) || known.flow || known.items.length === 0) {
    const before: unknown = isNode(known) ? known.toJS(source.doc) : {}
    const all = { ...(isObject(before) ? before : {}), ...scores }
    return [replaceSection(source, section, block({ scores: all }))]
  }
  const fresh = Object.entries(scores).filter(([expert]) => pairOf(known, expert) === undefined)
  return [
    ...Object.entries(scores).flatMap(([expert, byTask]) =>
      expertEdits(source, pairOf(known, expert), byTask),
    ),
    ...(fresh.length === 0
      ? []
      : [below(source, section, indented(block(Object.fromEntries(fresh)), known, source))]),
  ]
}

const expertEdits = (
  source: Source,
  pair: Pair | undefined,
  byTask: Record<string, WrittenScore>,
): Edit[] => {
  if (pair === undefined) return []
  const { value } = pair
  if (!isMap(value) || value.items.length === 0)
    return [{ ...valueRange(value), text: ` ${inBraces(byTask)}` }]
  const fresh = Object.entries(byTask).filter(([task]) => pairOf(value, task) === undefined)
  const edits = Object.entries(byTask).flatMap(([task, score]): Edit[] => {
    const leaf = pairOf(value, task)?.value
    return leaf === undefined ? [] : [{ ...valueRange(leaf), text: inBraces(score) }]
  })
  if (fresh.length === 0) return edits
  if (!value.flow)
    return [...edits, below(source, pair, indented(block(Object.fromEntries(fresh)), value, source))]
  const last = endOf(value.items.at(-1))
  return [...edits, { from: last, to: last, text: `, ${inBraces(Object.fromEntries(fresh)).slice(2, -2)}` }]
}

const sectionEdits = (source: Source, name: string, value: Readonly<Record<string, unknown>>): Edit[] => {
  const section = pairOf(source.root, name)
  const text = block({ [name]: added(source.doc, name, value) })
  return [section === undefined ? atEnd(source, text) : replaceSection(source, section, text)]
}

const pinEdits = (source: Source, task: string): Edit[] => {
  const own = task === 'unknown' ? source.root : source.doc.getIn(['tasks', task], true)
  if (!isMap(own)) return []
  const pin = pairOf(own, task === 'unknown' ? task : 'experts')
  if (pin === undefined) return []
  if (!own.flow) return [replaceSection(source, pin, '')]
  const { experts: _, ...others } = own.toJS(source.doc)
  return [{ ...valueRange(own), text: inBraces(others) }]
}

const pathEdits = (doc: Document.Parsed, moved: { from: string; to: string }): Edit[] =>
  pathsIn(doc).map(node => ({
    ...valueRange(node),
    text: JSON.stringify(rebased(String(node.value), moved)),
  }))

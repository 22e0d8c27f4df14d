import { isAbsolute, relative, resolve } from 'node:path'
import { Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'

export type WrittenScore = { readonly accuracy: number; readonly n?: number | undefined }

export type MapChanges = {
  /** Expert, task, score: these are put in place of what stands there, others are left. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, WrittenScore>>>>
  /** Whole sections that a program keeps, by their names; undefined takes one away. */
  readonly sections?: Readonly<Record<string, unknown>>
  /** Tasks whose pinned order goes, so that scores decide; `unknown` for what fits none. */
  readonly unpin?: readonly string[]
  /** Where it stood and where it will stand, if that is another folder: relative paths in it go along. */
  readonly moved?: { readonly from: string; readonly to: string }
}

type Edit = { readonly from: number; readonly to: number; readonly text: string }
type Source = { readonly text: string; readonly root: YAMLMap; readonly doc: Document.Parsed }

/**
 * The text of a map with other scores in it: nothing else of it changes, no comment, no order, no space. Where a
 * file is written in a way that allows no such care (all of it in braces, scores that are an alias), it is written
 * anew from what it means, comments included.
 */
export const changedMap = (text: string, changes: MapChanges): string => {
  const wanted = meaning(text, changes)
  const careful = spliced(text, changes)
  if (careful !== undefined && isSame(parseDocument(careful), wanted)) return careful
  return isJson(text) ? `${JSON.stringify(wanted.toJS(), null, 2)}\n` : wanted.toString({ lineWidth: 0 })
}

const isSame = (a: Document.Parsed, b: Document.Parsed) =>
  a.errors.length === 0 && JSON.stringify(sorted(a.toJS())) === JSON.stringify(sorted(b.toJS()))

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
  const before = doc.get('scores', true)
  // An alias, or nothing: what it stands for becomes the section's own.
  if (!isMap(before)) doc.set('scores', doc.createNode(isNode(before) ? (before.toJS(doc) ?? {}) : {}))
  for (const [expert, byTask] of Object.entries(scores)) {
    if (!isMap(doc.getIn(['scores', expert], true))) doc.setIn(['scores', expert], doc.createNode({}))
    for (const [task, score] of Object.entries(byTask)) {
      doc.setIn(['scores', expert, task], doc.createNode(score, { flow: true }))
    }
  }
  for (const [name, value] of Object.entries(sections)) {
    if (value === undefined) doc.delete(name)
    else doc.set(name, doc.createNode(value))
  }
  if (moved !== undefined) for (const path of pathsIn(doc)) path.value = rebased(String(path.value), moved)
  return doc
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
    ...Object.entries(scores).flatMap(([expert, byTask]) => expertEdits(source, pairOf(known, expert), byTask)),
    ...(fresh.length === 0 ? [] : [below(source, section, indented(block(Object.fromEntries(fresh)), known, source))]),
  ]
}

const expertEdits = (source: Source, pair: Pair | undefined, byTask: Record<string, WrittenScore>): Edit[] => {
  if (pair === undefined) return []
  const { value } = pair
  if (!isMap(value) || value.items.length === 0) return [{ ...valueRange(value), text: ` ${inBraces(byTask)}` }]
  const fresh = Object.entries(byTask).filter(([task]) => pairOf(value, task) === undefined)
  const edits = Object.entries(byTask).flatMap(([task, score]): Edit[] => {
    const leaf = pairOf(value, task)?.value
    return leaf === undefined ? [] : [{ ...valueRange(leaf), text: inBraces(score) }]
  })
  if (fresh.length === 0) return edits
  if (!value.flow) return [...edits, below(source, pair, indented(block(Object.fromEntries(fresh)), value, source))]
  const last = endOf(value.items.at(-1))
  return [...edits, { from: last, to: last, text: `, ${inBraces(Object.fromEntries(fresh)).slice(2, -2)}` }]
}

const sectionEdits = (source: Source, name: string, value: unknown): Edit[] => {
  const section = pairOf(source.root, name)
  const text = value === undefined ? '' : block({ [name]: value })
  if (section === undefined) return value === undefined ? [] : [atEnd(source, text)]
  return [replaceSection(source, section, text)]
}

const pinEdits = (source: Source, task: string): Edit[] => {
  if (task === 'unknown') return sectionEdits(source, 'unknown', undefined)
  const own = source.doc.getIn(['tasks', task], true)
  const pin = isMap(own) && !own.flow ? pairOf(own, 'experts') : undefined
  return pin === undefined ? [] : [replaceSection(source, pin, '')]
}

const pathEdits = (doc: Document.Parsed, moved: { from: string; to: string }): Edit[] =>
  pathsIn(doc).map(node => ({ ...valueRange(node), text: JSON.stringify(rebased(String(node.value), moved)) }))

const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find(({ key }) => isScalar(key) && String(key.value) === name)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const rangeOf = (node: unknown) => (isNode(node) ? (node as Node).range : undefined) ?? [0, 0, 0]
const valueRange = (node: unknown) => ({ from: rangeOf(node)[0], to: rangeOf(node)[1] })

/** Where the last thing in it ends: a block's own range goes on over the comments of what follows. */
const endOf = (pair: Pair | undefined): number => {
  const value = pair?.value
  if ((isMap(value) || isSeq(value)) && !value.flow && value.items.length > 0) {
    const last = value.items.at(-1)
    return isNode(last) ? (isMap(last) ? endOf(last.items.at(-1)) : rangeOf(last)[1]) : endOf(last as Pair)
  }
  return rangeOf(value ?? pair?.key)[1]
}

const lineStart = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1
const lineEnd = (text: string, at: number) => {
  // The text of a block scalar ends with its line.
  if (at > 0 && text[at - 1] === '\n') return at
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

const replaceSection = ({ text }: Source, pair: Pair, put: string): Edit => ({
  from: lineStart(text, rangeOf(pair.key)[0]),
  to: lineEnd(text, endOf(pair)),
  text: put,
})

const below = ({ text }: Source, pair: Pair, put: string): Edit => {
  const at = lineEnd(text, endOf(pair))
  return { from: at, to: at, text: text[at - 1] === '\n' ? put : `\n${put}` }
}

const atEnd = ({ text }: Source, put: string): Edit => {
  const gap = text.endsWith('\n') ? '\n' : '\n\n'
  return { from: text.length, to: text.length, text: `${gap}${put}` }
}

/** As far in as its neighbours. */
const indented = (block: string, siblings: YAMLMap, { text }: Source) => {
  const first = rangeOf(siblings.items[0]?.key)[0]
  const margin = text.slice(lineStart(text, first), first)
  return block.replace(/^(?=.)/gm, margin)
}

/** Blocks outside, a line for each task. */
const block = (value: unknown): string => {
  const doc = new Document(value)
  const flatten = (node: unknown) => {
    if (!isMap(node)) return
    const isLeaf = node.items.length > 0 && node.items.every(item => !isMap(item.value) && !isSeq(item.value))
    if (isLeaf) node.flow = true
    for (const { value: own } of node.items) {
      if (isSeq(own)) own.flow = true
      flatten(own)
    }
  }
  flatten(doc.contents)
  return doc.toString({ lineWidth: 0 })
}

const inBraces = (value: unknown): string => {
  const doc = new Document(value)
  if (isMap(doc.contents)) doc.contents.flow = true
  return doc.toString({ lineWidth: 0 }).trim()
}

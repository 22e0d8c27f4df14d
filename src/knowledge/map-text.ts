import { Document, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'

/** Where things stand in the text of a map, and how new ones are written. */

export type Edit = { readonly from: number; readonly to: number; readonly text: string }
export type Source = { readonly text: string; readonly root: YAMLMap; readonly doc: Document.Parsed }

export const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find(({ key }) => isScalar(key) && String(key.value) === name)

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const rangeOf = (node: unknown) => (isNode(node) ? (node as Node).range : undefined) ?? [0, 0, 0]
export const valueRange = (node: unknown) => ({ from: rangeOf(node)[0], to: rangeOf(node)[1] })

/** Where the last thing in it ends: a block's own range goes on over the comments of what follows. */
export const endOf = (pair: Pair | undefined): number => {
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

export const replaceSection = ({ text }: Source, pair: Pair, put: string): Edit => ({
  from: lineStart(text, rangeOf(pair.key)[0]),
  to: lineEnd(text, endOf(pair)),
  text: put,
})

export const below = ({ text }: Source, pair: Pair, put: string): Edit => {
  const at = lineEnd(text, endOf(pair))
  return { from: at, to: at, text: text[at - 1] === '\n' ? put : `\n${put}` }
}

export const atEnd = ({ text }: Source, put: string): Edit => {
  const gap = text.endsWith('\n') ? '\n' : '\n\n'
  return { from: text.length, to: text.length, text: `${gap}${put}` }
}

/** As far in as its neighbours. */
export const indented = (block: string, siblings: YAMLMap, { text }: Source) => {
  const first = rangeOf(siblings.items[0]?.key)[0]
  const margin = text.slice(lineStart(text, first), first)
  return block.replace(/^(?=.)/gm, margin)
}

/** Blocks outside, a line for each task. */
export const block = (value: unknown): string => {
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

export const inBraces = (value: unknown): string => {
  const doc = new Document(value)
  if (isMap(doc.contents)) doc.contents.flow = true
  return doc.toString({ lineWidth: 0 }).trim()
}

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLParseError,
  type Document as Yaml,
} from 'yaml'
import { type OutOfBounds, outOfBounds } from './bounds.ts'
import type { Problem } from './problem.ts'

export type Path = readonly (string | number)[]
export type Environment = Readonly<Record<string, string | undefined>>

/** A YAML or JSON file that still knows where each of its values stands. */
export type Document = {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** The problem at a value, or at a key of an object when `key` is given. */
  problem(path: Path, message: string, severity?: Problem['severity'], key?: string): Problem
  /** Paths of string values that stand in the file as they are, without `${NAME}`. */
  isLiteral(path: Path): boolean
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export const parseFile = (file: string, text: string, environment: Environment): Document => {
  const bounds = outOfBounds(text)
  return bounds === undefined ? parseBounded(file, text, environment) : refused(file, text, bounds)
}

const refused = (file: string, text: string, { offset, message }: OutOfBounds): Document => {
  const before = text.slice(0, offset).split('\n')
  const at = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  const problem: Problem = { ...at, message, severity: 'error' }
  return { value: undefined, problems: [problem], problem: () => problem, isLiteral: () => false }
}

const parseBounded = (file: string, text: string, environment: Environment): Document => {
  const lines = new LineCounter()
  // Keys given twice are looked for below: the parser compares each with each. Its warnings quote the file.
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  })
  const at = (offset: number, message: string, severity: Problem['severity'] = 'error'): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col), message, severity }
  }
  // After the first break in the syntax everything that follows is its echo.
  const problems = doc.errors.slice(0, 1).map(error => at(error.pos[0], syntaxMessage(error, text)))
  const say: Say = (node, message) => problems.push(at(start(node), message))
  const twice = keysGivenTwice(doc)
  for (const key of twice) say(key, 'Map keys must be unique')
  const interpolated = interpolate(doc, environment, say)
  const locate = (path: Path, key?: string): number => {
    const node = path.length === 0 ? doc.contents : doc.getIn(path, true)
    if (key !== undefined && isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === key)
      if (pair !== undefined) return start(pair.key as Node)
    }
    if (node !== null && typeof node === 'object') return start(node as Node)
    return path.length === 0 ? 0 : locate(path.slice(0, -1), String(path.at(-1)))
  }
  return {
    value: doc.errors.length + twice.length > 0 ? undefined : resolved(doc, say),
    problems,
    problem: (path, message, severity, key) => at(locate(path, key), message, severity),
    isLiteral: path => !interpolated.has(doc.getIn(path, true)),
  }
}

type Say = (node: Node | undefined, message: string) => void

/** Puts the environment's values in their places, and says which strings held one. */
const interpolate = (doc: Yaml, environment: Environment, say: Say): ReadonlySet<unknown> => {
  const interpolated = new Set<unknown>()
  const skipped = omittedExperts(doc, environment)
  visit(doc, {
    Pair(_key, pair) {
      if (skipped.has(pair)) return visit.SKIP
      // JavaScript has a meaning of its own for this name, and a schema passes over it in silence.
      if (isScalar(pair.key) && pair.key.value === '__proto__')
        say(pair.key, '"__proto__" is no name for anything')
      return undefined
    },
    // A key is renamed in no case: only values may come from the environment.
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      interpolated.add(node)
      node.value = node.value.replace(variable, (_, name: string, fallback: string | undefined) => {
        const found = environment[name]
        const value = found === undefined || found === '' ? fallback : found
        if (value === undefined) say(node, missing(name))
        return value ?? ''
      })
    },
  })
  return interpolated
}

/** Only here aliases are resolved: one that stands for nothing, or for far too much, is a mistake like any other. */
const resolved = (doc: Yaml, say: Say): unknown => {
  const thrown = thrownBy(() => doc.toJS())
  if (thrown === undefined) return doc.toJS()
  const aliases: Alias[] = []
  const merges: Node[] = []
  visit(doc, {
    Alias: (_key, alias) => void aliases.push(alias),
    Pair: (_key, { key, value }) => {
      const merged = isAlias(value) ? value.resolve(doc) : value
      if (isScalar(key) && key.source === '<<' && !isMap(merged) && !isSeq(merged)) merges.push(key)
    },
  })
  const lost = aliases.filter(alias => alias.resolve(doc) === undefined)
  for (const alias of lost)
    say(alias, `*${alias.source} stands for nothing: there is no &${alias.source} before it`)
  const culprit = aliases.find(alias => thrownBy(() => alias.toJS(doc)) !== undefined)
  if (lost.length === 0) say(culprit ?? merges[0] ?? aliases.at(-1), thrown)
  return undefined
}

const thrownBy = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** An expert that joins only when a variable is set must not be asked for the others it names. */
const omittedExperts = (doc: Yaml, environment: Environment): Set<Pair> => {
  const experts = isMap(doc.contents) ? doc.get('experts', true) : undefined
  if (!isMap(experts)) return new Set()
  const omitted = experts.items.filter(({ value }) => {
    if (!isMap(value) || thrownBy(() => value.toJS(doc)) !== undefined) return false
    const names: unknown = value.toJS(doc)?.ifSet
    return Array.isArray(names) && !names.some(name => isSet(environment[String(name)]))
  })
  return new Set(omitted)
}

export const isSet = (value: string | undefined) => value !== undefined && value !== ''

const start = (node: Node | undefined) => node?.range?.[0] ?? 0

const keysGivenTwice = (doc: Yaml): Node[] => {
  const twice: Node[] = []
  visit(doc, {
    Map(_key, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) twice.push(key)
        seen.add(key.value)
      }
    },
  })
  return twice
}

const syntaxMessage = (error: YAMLParseError, text: string) => {
  const near = text.slice(Math.max(0, error.pos[0] - 2), error.pos[1] + 2)
  const hint = near.includes('${') ? ' (inside { } put quotes around ${NAME})' : ''
  return `${error.message.split('\n')[0]}${hint}`
}
const missing = (name: string) =>
  `the environment variable ${name} is not set (set it, or give a default: \${${name}:-value})`

import {
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLParseError,
} from 'yaml'
import type { z } from 'zod'
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
  const lines = new LineCounter()
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number, message: string, severity: Problem['severity'] = 'error'): Problem => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col), message, severity }
  }
  const problems = telling(doc.errors).map(error => at(error.pos[0], syntaxMessage(error, text)))
  const interpolated = new Set<unknown>()
  // A key is renamed in no case: only values may come from the environment.
  const skipped = omittedExperts(doc.get('experts', true), environment)
  visit(doc, {
    Pair: (_key, pair) => (skipped.has(pair) ? visit.SKIP : undefined),
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      interpolated.add(node)
      node.value = node.value.replace(variable, (_, name: string, fallback: string | undefined) => {
        const found = environment[name]
        const value = found === undefined || found === '' ? fallback : found
        if (value === undefined) problems.push(at(start(node), missing(name)))
        return value ?? ''
      })
    },
  })

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
    value: problems.length > 0 && doc.errors.length > 0 ? undefined : doc.toJS(),
    problems,
    problem: (path, message, severity, key) => at(locate(path, key), message, severity),
    isLiteral: path => !interpolated.has(doc.getIn(path, true)),
  }
}

/** An expert that joins only when a variable is set must not be asked for the others it names. */
const omittedExperts = (experts: unknown, environment: Environment): Set<Pair> => {
  if (!isMap(experts)) return new Set()
  const omitted = experts.items.filter(pair => {
    if (!isMap(pair.value)) return false
    const names: unknown = pair.value.toJSON()?.ifSet
    return Array.isArray(names) && !names.some(name => isSet(environment[String(name)]))
  })
  return new Set(omitted)
}

export const isSet = (value: string | undefined) => value !== undefined && value !== ''

const start = (node: Node) => node.range?.[0] ?? 0
/** After the first break in the syntax everything that follows is its echo; keys given twice are not. */
const telling = (errors: readonly YAMLParseError[]) => {
  const first = errors.find(error => error.code !== 'DUPLICATE_KEY')
  return errors.filter(error => error === first || error.code === 'DUPLICATE_KEY')
}

const syntaxMessage = (error: YAMLParseError, text: string) => {
  const near = text.slice(Math.max(0, error.pos[0] - 2), error.pos[1] + 2)
  const hint = near.includes('${') ? ' (inside { } put quotes around ${NAME})' : ''
  return `${error.message.split('\n')[0]}${hint}`
}
const missing = (name: string) =>
  `the environment variable ${name} is not set (set it, or give a default: \${${name}:-value})`

/** zod's issues as problems with their place; unknown keys are named one by one. */
export const schemaProblems = (document: Document, issues: readonly z.core.$ZodIssue[]): Problem[] =>
  issues.flatMap(issue => problemsOf(document, issue, []))

const problemsOf = (document: Document, issue: z.core.$ZodIssue, base: Path): Problem[] => {
  const path = [...base, ...issue.path.filter(part => typeof part !== 'symbol')]
  const where = path.length === 0 ? '' : `${path.join('.')}: `
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key =>
        document.problem(path, `${where}"${key}" is not a known key`, 'error', key),
      )
    case 'invalid_union':
      return meant(issue.errors).flatMap(inner => problemsOf(document, inner, path))
    case 'invalid_key':
      return issue.issues.map(inner => document.problem(path, `${where}the name ${inner.message}`))
    default:
      return [document.problem(path, `${where}${readable(issue)}`)]
  }
}

const readable = (issue: z.core.$ZodIssue) =>
  issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('received undefined')
    ? 'is missing'
    : issue.message.replace(/^Invalid input: /, '')

/** Of the forms a value may have, the one it comes nearest to: its type fits, and least is wrong with it. */
const meant = (branches: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] => {
  const distance = (issues: readonly z.core.$ZodIssue[]) =>
    issues.length + (issues.some(issue => issue.code === 'invalid_type' && issue.path.length === 0) ? 100 : 0)
  return [...branches].reverse().sort((a, b) => distance(a) - distance(b))[0] ?? []
}

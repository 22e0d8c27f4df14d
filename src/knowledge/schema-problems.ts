import type { z } from 'zod'
import type { Document, Path } from './document.ts'
import type { Problem } from './problem.ts'

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

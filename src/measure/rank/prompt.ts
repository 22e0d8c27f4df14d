import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Prompt } from '../../experts/model.ts'
import { InvalidFilesError } from '../../knowledge/problem.ts'
import { asAsked } from '../../retrieval/text.ts'
import type { RankQuestion } from './questions.ts'

/** What an expert is shown of a question. */
export type Ask = (question: RankQuestion) => Prompt

const shipped = (name: string) => fileURLToPath(new URL(`../../../mappings/prompts/${name}`, import.meta.url))

const DIVIDER = /^=== user ===\s*$/m
const SLOT = '{{question}}'

/** The shipped prompts, or one of the user's own for questions with options. */
export const readPrompts = async (own: string | undefined): Promise<Ask> => {
  const [options, text] = await Promise.all([
    read(own ?? shipped('measure-options.md')),
    read(shipped('measure-text.md')),
  ])
  return question => {
    const { system, user } = question.options === undefined ? text : options
    // A function, since "$&" in a question is no pattern of ours.
    return { system, user: user.replaceAll(SLOT, () => asAsked(question)) }
  }
}

const read = async (file: string): Promise<Prompt> => {
  const refuse = (message: string) =>
    new InvalidFilesError([{ file, line: 1, column: 1, message, severity: 'error' }], [file])
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw refuse(`cannot be read: ${error.message}`)
  })
  const [system, user, ...rest] = text.split(DIVIDER)
  if (system === undefined || user === undefined || rest.length > 0)
    throw refuse('the prompt needs one line "=== user ===" between the system and the user part')
  if (!user.includes(SLOT) || system.includes(SLOT))
    throw refuse(`the prompt needs its slot ${SLOT} below the line "=== user ==="`)
  return { system: system.trim(), user: user.trim() }
}

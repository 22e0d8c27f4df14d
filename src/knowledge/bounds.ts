import { Lexer } from 'yaml'

/** What is wrong with a file as a whole, so that it is not even parsed. */
export type OutOfBounds = { readonly offset: number; readonly message: string }

/** A hundred experts with scores on a hundred tasks are a fifth of it. */
const MAX_CHARS = 1024 * 1024
const MAX_LEVELS = 32
const MAX_COLUMNS = 256

/**
 * Looks at the tokens alone: the parser's time and memory grow far faster than a file that is nested without end, and
 * one that was broken by accident, or sent on purpose, must not take the gateway with it.
 */
export const outOfBounds = (text: string): OutOfBounds | undefined => {
  if (text.length > MAX_CHARS) {
    return { offset: 0, message: `is ${text.length} characters long; at most ${MAX_CHARS} are read` }
  }
  const levels = countLevels()
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    if (levels.after(token) > MAX_LEVELS) {
      return { offset, message: `is nested more than ${MAX_LEVELS} levels deep here` }
    }
    // These stand for the beginning of something and are no part of the text.
    if (token !== '\x02' && token !== '\x1f' && token !== '\x18') offset += token.length
  }
  return undefined
}

/** Open brackets, `-` and `?` in a row on one line, and indentation that no hand has made. */
const countLevels = () => {
  let brackets = 0
  let onLine = 0
  let lineBegins = true
  return {
    after(token: string): number {
      brackets += stepOf(token)
      if (lineBegins && brackets === 0 && /^ /.test(token) && token.length > MAX_COLUMNS) return Infinity
      lineBegins = /^[\r\n]/.test(token)
      if (lineBegins) onLine = 0
      else if (token === '-' || token === '?') onLine++
      return brackets + onLine
    },
  }
}

const stepOf = (token: string) => {
  if (token === '[' || token === '{') return 1
  return token === ']' || token === '}' ? -1 : 0
}

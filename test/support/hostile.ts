import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures } from './gateway.ts'

export type Hostile = {
  readonly id: string
  readonly kind: string
  readonly lang: string
  readonly question: string
  /** The task that it wants to hear, if it names one. */
  readonly demands?: string
}

/** Questions that want to be more than a question. Long ones are written as a piece, how many times, and what follows. */
export const hostile: readonly Hostile[] = readFileSync(join(fixtures, 'hostile.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => {
    const { question, times = 1, then = '', ...rest } = JSON.parse(line)
    return { ...rest, question: question.repeat(times) + then }
  })

/** As a generous reader of the text would see it: entities, odd widths, accents and invisible characters resolved. */
export const asSeen = (text: string) =>
  text
    .replace(/&(?:lt|#0*60|#x0*3c);?/gi, '<')
    .replace(/&(?:gt|#0*62|#x0*3e);?/gi, '>')
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\s]/gu, '')
    .toLowerCase()

export const tagsIn = (text: string) =>
  asSeen(text).match(/<\/?(?:question|example|system|prompt|\|)[^<>]{0,40}>?/g) ?? []

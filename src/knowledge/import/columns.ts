/** What a row of ours is made of; a user's file may call each by another name. */
export const keys = ['question', 'task', 'options', 'answer', 'id', 'lang', 'source', 'reply'] as const
export type Key = (typeof keys)[number]

/** What the world calls them, most telling first. */
const usual: Readonly<Record<Key, readonly string[]>> = {
  question: ['question', 'prompt', 'query', 'instruction', 'problem', 'input', '问题', '题目'],
  task: ['task', 'category', 'domain', 'subject', 'label', 'class', '任务', '类别', '领域'],
  options: ['options', 'choices', '选项'],
  answer: ['answer', 'correct_answer', 'correct', 'answerkey', 'target', 'gold', '答案'],
  id: ['id', 'question_id', 'qid', '编号'],
  lang: ['lang', 'language'],
  source: ['source'],
  reply: ['reply'],
}

export type Columns = Readonly<Partial<Record<Key, string>>> & {
  /** Columns of one option each, from A on. */
  readonly letters: readonly string[]
}

/** Asked for on the command line: our key (or an option's letter) to their column. */
export type Renamed = ReadonlyMap<string, string>

/** Finds each key's column among the names of a file, or says which are missing. */
export const columnsOf = (names: readonly string[], renamed: Renamed): Columns | string => {
  const missing = [...renamed.values()].filter(column => !names.includes(column))
  if (missing.length > 0) return `has no column ${quoted(missing)} (it has: ${quoted(names)})`
  const found = Object.fromEntries(
    keys.flatMap(key => {
      const column = renamed.get(key) ?? firstOf(usual[key], names)
      return column === undefined ? [] : [[key, column]]
    }),
  )
  if (found.question === undefined) {
    return `has no column that holds the question (it has: ${quoted(names)}); name it with --columns question=...`
  }
  return { ...found, letters: letterColumns(names, renamed) }
}

const firstOf = (wanted: readonly string[], names: readonly string[]) => {
  const plain = names.map(name => name.trim().toLowerCase())
  const known = wanted.find(name => plain.includes(name))
  return known === undefined ? undefined : names[plain.indexOf(known)]
}

const letterName = /^(?:option|choice|选项)?[\s_-]*([A-Z])$/i

const letterColumns = (names: readonly string[], renamed: Renamed): string[] => {
  const byLetter = new Map<string, string>()
  for (const name of names) {
    const letter = letterName.exec(name.trim())?.[1]?.toUpperCase()
    if (letter !== undefined && !byLetter.has(letter)) byLetter.set(letter, name)
  }
  for (const [key, column] of renamed) if (/^[A-Z]$/.test(key)) byLetter.set(key, column)
  const letters = Array.from({ length: 26 }, (_, i) => byLetter.get(String.fromCharCode(65 + i)))
  const gap = letters.indexOf(undefined)
  return letters.slice(0, gap < 0 ? 26 : gap).filter(column => column !== undefined)
}

const quoted = (names: readonly string[]) => names.map(name => `"${name}"`).join(', ')

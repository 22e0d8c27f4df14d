/** Room for every word of operations English, and for a day's service names before it is begun anew. */
const REMEMBERED = 20_000
/** A longer run without a space is a hash or a payload: it will not come again. */
const A_WORD = 40

/** What the library takes for spaces: the byte order mark is none. */
const SPACES = /[^\S\ufeff]+/

/** A text's tokens by its words, each of which is split once: the library takes as long as a tenth of the encoder. */
export const createTokens = (split: (word: string) => readonly number[]) => {
  const known = new Map<string, readonly number[]>()
  const tokensOf = (word: string) => {
    const found = known.get(word)
    if (found !== undefined) return found
    const tokens = split(word)
    if (word.length > A_WORD) return tokens
    if (known.size >= REMEMBERED) known.clear()
    known.set(word, tokens)
    return tokens
  }
  return (text: string): number[] => {
    const tokens: number[] = []
    for (const word of text.split(SPACES)) for (const token of tokensOf(word)) tokens.push(token)
    return tokens
  }
}

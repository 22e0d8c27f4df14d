/** An example's text. Options are apart where they are known to be, since they say less about the task. */
export type Text = { readonly question: string; readonly options?: readonly string[] | undefined }

/** As a client would send it: the options below the question. */
export const asAsked = ({ question, options }: Text): string =>
  options === undefined
    ? question
    : [question, ...options.map((option, i) => `${String.fromCharCode(65 + i)}. ${option}`)].join('\n')

/** What becomes a vector: options as they are, since their letters mean nothing. */
export const forEncoder = ({ question, options }: Text): string => [question, ...(options ?? [])].join('\n')

const optionLine = /^\s*\(?([A-Z])[.)、:：]\s*(\S.*)$/

/** The other way round: lettered lines at the end of what a client sent are options, from A on without a gap. */
export const asText = (asked: string): Text => {
  const lines = asked.trimEnd().split('\n')
  const options: string[] = []
  while (lines.length > 1) {
    const option = optionLine.exec(lines.at(-1) ?? '')
    if (option === null) break
    options.unshift(option[2] ?? '')
    lines.pop()
    if (option[1] === 'A')
      return options.length > 1 ? { question: lines.join('\n'), options } : { question: asked }
  }
  return { question: asked }
}

/** The beginning and the end of what is too long. */
export const middleOut = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text
  const half = Math.floor(maxChars / 2)
  return `${text.slice(0, half)}\n${text.slice(-half)}`
}

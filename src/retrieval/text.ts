/** An example's text. Options are apart where they are known to be, since they say less about the task. */
export type Text = { readonly question: string; readonly options?: readonly string[] | undefined }

/** As a client would send it: the options below the question. */
export const asAsked = ({ question, options }: Text): string =>
  options === undefined
    ? question
    : [question, ...options.map((option, i) => `${String.fromCharCode(65 + i)}. ${option}`)].join('\n')

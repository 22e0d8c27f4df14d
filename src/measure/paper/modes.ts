/** The ways of telling a question's task. */
export const modes = ['withoutContext', 'withContext', 'whenUnsure', 'neighbours'] as const
export type Mode = (typeof modes)[number]

export const titles: Readonly<Record<Mode, string>> = {
  withoutContext: 'classifier without context',
  withContext: 'classifier with context',
  whenUnsure: 'classifier where neighbours are unsure',
  neighbours: 'neighbours alone',
}

/** In a picture there is less room. */
export const briefly: Readonly<Record<Mode, string>> = {
  withoutContext: 'LLM, no context',
  withContext: 'LLM, context',
  whenUnsure: 'LLM if unsure',
  neighbours: 'neighbours alone',
}

/** The modes in which the classifier is shown a prompt of its own. */
export type Prompted = 'withoutContext' | 'withContext'
export const prompted = ['withoutContext', 'withContext'] as const satisfies readonly Prompted[]

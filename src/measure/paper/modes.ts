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
  withoutContext: 'routed, no context',
  withContext: 'routed, with context',
  whenUnsure: 'routed, when unsure',
  neighbours: 'routed, neighbours',
}

/** The modes in which the classifier is shown a prompt of its own. */
export type Prompted = 'withoutContext' | 'withContext'
export const prompted = ['withoutContext', 'withContext'] as const satisfies readonly Prompted[]

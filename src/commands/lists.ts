import type { Invocation } from './command.ts'

type Value = Invocation['values'][string]

/** An option's value as the list that it is: `a,b`. */
export const listIn = (value: Value): string[] =>
  value === undefined
    ? []
    : String(value)
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== '')

/** Of an option that may be given more than once, each time as a list. */
export const filesIn = (value: Value): string[] => (Array.isArray(value) ? value : []).flatMap(listIn)

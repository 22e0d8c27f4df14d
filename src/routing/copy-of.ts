/** A part of a text keeps all of it in memory, which may be a request of megabytes: what is kept must stand alone. */
export const copyOf = (text: string): string => JSON.parse(JSON.stringify(text))

// biome-ignore lint/suspicious/noExplicitAny: a JSON schema, of whatever shape a client made it.
export type Schema = any

export type Call = { readonly id: string; readonly name: string; readonly arguments: string }

/** What the expert has to say, before it is put in the words of an endpoint. */
export type Reply = { readonly text: string; readonly calls: readonly Call[] }

export type Offer = { readonly name: string; readonly parameters: Schema }

/** One call of every tool that was offered, or of the one that was insisted on. */
export const callsOf = (offers: readonly Offer[], wanted: string | undefined): Call[] =>
  offers
    .filter(({ name }) => wanted === undefined || name === wanted)
    .map(({ name, parameters }, at) => ({
      id: `call_${at + 1}`,
      name,
      arguments: JSON.stringify(filled(parameters, name)),
    }))

/** Something that a schema lets pass: a text is named after its place. */
export const filled = (schema: Schema, name = 'answer'): unknown => {
  if (schema?.const !== undefined) return schema.const
  if (schema?.enum !== undefined) return schema.enum[0]
  if (schema?.anyOf !== undefined) return filled(schema.anyOf[0], name)
  switch (schema?.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, value]) => [key, filled(value, key)]),
      )
    case 'array':
      return [filled(schema.items, name)]
    case 'number':
    case 'integer':
      return 3
    case 'boolean':
      return true
    default:
      return `the ${name}`
  }
}

/** As a model's tokens would come: a word and the space after it. */
export const wordsOf = (text: string): string[] => text.split(/(?<= )/)

/** Pieces that end anywhere, as the arguments of a call do. */
export const piecesOf = (text: string): string[] => text.match(/.{1,7}/gs) ?? []

export const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : (Array.isArray(content) ? content : []).map(part => part.text ?? `[${part.type}]`).join(' ')

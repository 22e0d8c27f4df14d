import { isAlias, isMap, isScalar, type Node, type Pair, parseDocument, type Scalar, visit } from 'yaml'

/** What stands in a shown map where a secret stands in the file. */
export const MASK = '***'

/** Hides every secret that stands literally in a map's text; nothing else of it changes. */
export const masked = (text: string): string =>
  secretsIn(text).reduceRight(
    (whole, { from, to, hidden, end }) =>
      whole.slice(0, from) + JSON.stringify(hidden) + end + whole.slice(to),
    text,
  )

export type Restored = {
  readonly text: string
  /** Masks that stand where no secret stood: their places, and what they are of. */
  readonly lost: readonly { readonly line: number; readonly column: number; readonly of: string }[]
}

/** The other way round: where a mask stands, the secret of the same place in another text is put back. */
export const restored = (text: string, from: string): Restored => {
  const known = new Map(secretsIn(from).map(secret => [secret.path, secret]))
  const lost: { line: number; column: number; of: string }[] = []
  const whole = secretsIn(text)
    .filter(({ value }) => value.includes(MASK))
    .reduceRight((rest, { path, value, from: at, to, end }) => {
      const secret = known.get(path)
      if (secret === undefined || secret.hidden !== value) {
        const before = text.slice(0, at).split('\n')
        lost.unshift({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1, of: path })
        return rest
      }
      return rest.slice(0, at) + secret.written + end + rest.slice(to)
    }, text)
  return { text: whole, lost }
}

type Secret = {
  /** Dotted, as a person would name it. */
  readonly path: string
  readonly value: string
  readonly hidden: string
  readonly from: number
  readonly to: number
  /** As it stood, if it can stand anywhere like that. */
  readonly written: string
  /** A block of lines ends with one that a quoted text does not have. */
  readonly end: string
}

/** A text that is no map has no secrets that could be found: it must not be shown at all. */
const secretsIn = (text: string): Secret[] => {
  const doc = parseDocument(text, { uniqueKeys: false, logLevel: 'error' })
  const found = new Map<number, Secret>()
  visit(doc, {
    Pair(_key, pair, ancestors) {
      const path = [...ancestors.flatMap(keyOf), ...keyOf(pair)]
      const hide = hiding(path)
      const node = isAlias(pair.value) ? pair.value.resolve(doc) : pair.value
      if (hide === undefined || !isScalar(node) || typeof node.value !== 'string') return
      const hidden = hide(node.value)
      // A mask is found too: it stands for what stood there.
      if (hidden !== node.value || node.value.includes(MASK)) {
        const secret = secretOf(text, path.join('.'), node as Scalar<string>, hidden)
        if (!found.has(secret.from)) found.set(secret.from, secret)
      }
    },
  })
  return [...found.values()].sort((a, b) => a.from - b.from)
}

const keyOf = (node: unknown): string[] => {
  const key = (node as Pair | null)?.key
  return isScalar(key) && !isMap(node) ? [String(key.value)] : []
}

/** How a value of that place is shown, if it may be a secret. */
const hiding = (path: readonly string[]): ((value: string) => string) | undefined => {
  const [section, key] = [path[0], path.at(-1)]
  if (section !== 'experts' && section !== 'access' && section !== '<<') return undefined
  if (key === 'key') return hiddenKey
  return key === 'url' ? hiddenInUrl : undefined
}

/** A variable's name is none, its fallback is; a digest is made to be shown. */
const hiddenKey = (value: string): string => {
  if (/^\$\{\w+(:-)?\}$/.test(value) || value === '' || /^sha256:[0-9a-f]{64}$/i.test(value)) return value
  const fallback = /^\$\{(\w+):-[^}]*\}$/.exec(value)
  return fallback === null ? MASK : `\${${fallback[1]}:-${MASK}}`
}

const hiddenInUrl = (value: string): string =>
  value
    .replace(/([?&][^=&#]*(?:key|token|secret|sig|auth|pass)[^=&#]*=)(?!\$\{\w+\})[^&#]+/gi, `$1${MASK}`)
    .replace(/(\/\/)[^/@?#]+@/, `$1${MASK}@`)

const secretOf = (text: string, path: string, node: Scalar<string>, hidden: string): Secret => {
  const [from, to] = (node as Node).range ?? [0, 0]
  const raw = text.slice(from, to)
  const isBlock = node.type?.startsWith('BLOCK') ?? false
  const written = /^(["']).*\1$|^[\w.:/-]+$/.test(raw) ? raw : JSON.stringify(node.value)
  return { path, value: node.value, hidden, from, to, written, end: isBlock ? '\n' : '' }
}

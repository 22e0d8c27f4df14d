const THOUGHTS =
  'think|thinking|thoughts?|reason|reasoning|reflection|analysis|scratchpad|思考|推理|思维|思維|分析|思考过程|思考過程|réflexion|pensée|denken|gedanken|überlegung|pensamiento|razonamiento|raciocínio|мысли|рассуждение|생각'
const QUOTES = 'question|example'
/** `<think>`, `</ Think >`, `◁think▷`, `<seed:think>`, `<example task="x">`, `[THINK]` */
const aside = new RegExp(
  `[<＜◁]\\s{0,9}(\\/?)\\s{0,9}(?:\\w{1,20}:)?(${THOUGHTS}|${QUOTES})(?:\\s[^<>＞▷]{0,200})?[>＞▷]|\\[(\\/?)(think)\\]`,
  'giu',
)

type Mark = {
  readonly from: number
  readonly to: number
  readonly kind: 'thought' | 'quote'
  readonly closes: boolean
}

/** What names a task is an answer in odd brackets, not a tag. */
const marksIn = (reply: string, isTask: (tag: string) => boolean): readonly Mark[] =>
  [...reply.matchAll(aside)]
    .filter(([, , name]) => name === undefined || !isTask(name))
    .map(({ index, 0: tag, 1: slash, 2: name, 3: bracketSlash }) => ({
      from: index,
      to: index + tag.length,
      kind: /^(?:question|example)$/i.test(name ?? '') ? 'quote' : 'thought',
      closes: (slash ?? bracketSlash) === '/',
    }))

/**
 * A reply without its thoughts and without the fences that it quotes. One that is never closed was cut off: nothing
 * after it counts. A thought that is closed without having been opened was opened by the prompt: nothing before it
 * counts. In a single pass: a reply of many openings must not cost their square.
 */
export const ownWords = (reply: string, isTask: (tag: string) => boolean): string => {
  let kept = ''
  let from = 0
  let inside: Mark['kind'] | undefined
  for (const mark of marksIn(reply, isTask)) {
    if (!mark.closes && inside === undefined) {
      kept += reply.slice(from, mark.from)
      inside = mark.kind
    } else if (mark.closes && (inside ?? 'thought') === mark.kind) {
      if (inside === undefined) kept = ''
      inside = undefined
      from = mark.to
    }
  }
  return inside === undefined ? kept + reply.slice(from) : kept
}

import { inside } from './blocks.ts'

/** Open WebUI and those like it: an instruction, what was found in `<context>`, and the words, before or behind. */
export const retrieved = (text: string): readonly string[] | undefined => {
  const open = text.indexOf('<context>')
  const close = text.lastIndexOf('</context>')
  if (open === -1 || close < open) return undefined
  const before = text.slice(0, open).trim()
  const found = text.slice(open + '<context>'.length, close).trim()
  const after = text.slice(close + '</context>'.length).trim()
  if (!isInstruction(before) && !/^<(source|document|doc|file|contextItem)\b/.test(found)) return undefined
  const asked = labelled(`${before}\n\n${after}`)
  if (asked !== undefined) return asked
  if (after !== '') return [after]
  return isInstruction(before) ? undefined : [before]
}

/** LangChain, LlamaIndex and their children: "Question: …" under an instruction, or before "Answer:" at the end. */
export const labelled = (text: string): readonly string[] | undefined => {
  const lastLine = text.slice(text.lastIndexOf('\n') + 1)
  const open = toAnswer.test(lastLine.trim())
  if (!open && !isInstruction(text)) return undefined
  const asked = open ? text.slice(0, -lastLine.length) : text
  const labels = [...asked.matchAll(question)]
  const context = asked.search(contextLabel)
  const first = labels[0]
  const label = first !== undefined && first.index < context ? first : labels.at(-1)
  if (label === undefined) return undefined
  const to = label.index < context ? context : undefined
  return [...history(asked), asked.slice(label.index + label[0].length, to).trim()]
}

/** A follow-up that is to become a question of its own, under the conversation it belongs to. */
export const rephrased = (text: string): readonly string[] | undefined =>
  /question[:：]$/i.test(text.slice(-40)) ? labelled(text) : undefined

const toAnswer = /^(?:[\w-]{1,20} ){0,2}(?:[Aa]nswer|[Qq]uestion|回答|答案)(?: \([^)]{1,60}\))?[:：]$/

const question =
  /^(?:(?:User |Original |Follow[- ]?[Uu]p )?(?:Question|Query|[Qq]uestion)|User [Qq]uery|用户问题|问题|Follow Up Input)[:：][ \n]?/gm

const contextLabel = /^(?:Context|Sources|Documents|Passages|上下文|已知信息|参考内容)[:：]/m

/** An order to a model, about material that is named as such. */
const isInstruction = (text: string) => {
  const start = text.slice(0, 1_500)
  return (
    /^(#{1,3} |use |using |answer |respond |based on |given |you are |context information |请|根据|基于|使用|已知|参考)/i.test(
      start,
    ) && material.some(form => form.test(start))
  )
}

const material = [
  /\b(following|provided|retrieved|given|these|this|the) ((pieces|parts) of |[\w-]+ )?(context|documents|passages|sources|conversation)\b/i,
  /\bcontext information\b|\binformation (below|above)\b/i,
  /上下文|资料|(已知|以下|上述|参考)(信息|内容)/,
]

/** What the person said before, where the prompt holds the conversation too. */
const history = (text: string) => {
  const chat = inside(text, 'chat_history')?.content ?? /\nChat History:\n([\s\S]*)/.exec(text)?.[1] ?? ''
  return [...chat.matchAll(/^(?:Human|User|USER): ?([^\n]+)/gm)].map(([, said = '']) => said)
}

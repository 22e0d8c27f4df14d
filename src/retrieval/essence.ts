import { middleOut, type Text } from './text.ts'

/**
 * What of a text is compared: not the log that was pasted around a question, and not the courtesy. Where nothing else
 * was sent, the text stays as it is. Examples and questions go through the same.
 */
export const essenceOf = (text: string): string => withoutCourtesy(middleOut(withoutPaste(text), LONGEST))

/** Of what is longer neither words nor encoder read the middle. */
const LONGEST = 16_000

/** An example as a question is compared with it. */
export const asCompared = (text: Text): Text => ({ ...text, question: essenceOf(text.question) })

const stamped =
  /\b\d\d:\d\d:\d\d\b|\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|^\w{3} +\d+ \d\d:\d\d/
const traced =
  /^\s*(at \S+[ (]|File ".*", line \d+|Caused by:|\.{3} \d+ more|Traceback \(|Exception in thread|goroutine \d+ \[)|^[\w.$]*(Error|Exception)\b/
const indented = /^(\t| {2,})\S/

/** What a person wrote says more than this many letters, or the first line of the output is needed to understand it. */
const SAYS_ENOUGH = 12

/** Pasted output goes; its first line stays where the person's own words are few. */
const withoutPaste = (text: string): string => {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  if (lines.length < 3) return text
  let run = 0
  const own: string[] = []
  const withFirst: string[] = []
  for (const line of lines) {
    const output = stamped.test(line) || traced.test(line) || (run > 0 && indented.test(line))
    run = output ? run + 1 : 0
    if (run === 0) own.push(line)
    if (run <= 1) withFirst.push(line)
  }
  if (own.length === lines.length || own.length === 0) return text
  return weight(own.join('')) >= SAYS_ENOUGH ? own.join('\n') : withFirst.join('\n')
}

/** Letters; a Chinese character says as much as three of them. */
const weight = (text: string) =>
  (text.match(/[a-z]/gi)?.length ?? 0) + 3 * (text.match(/\p{Script=Han}/gu)?.length ?? 0)

/** A sentence of these words alone asks nothing. */
const courteous = new Set(
  `a able about advance all also am an and any anyone appreciate appreciated are at be been bit bother bothering can
  could day dear do everybody everyone evening excuse folks for forward friend friends from give good great greetings guys
  have hello help helping here hey hi hope i if in is it just kind kindly know little look looking lost lot lots many may me
  mind moment morning much my need new of on one patience please possible question questions quick really regards reply
  so some somebody someone sorry support sure team thank thanks that the there this time to today tomorrow trouble us very
  wanted we well with would you your ok okay cool nice`.split(/\s+/),
)
const courteousChinese =
  /^(大家好?|各位(同事|老师|大佬)?|老师|同学|朋友|你们?好|您们?好|早上?好?|下午好|晚上好|不好意思|抱歉|打扰(一下|了|大家)?|(我)?(想)?(请教|问)(一下|大家|各位)?(一?个)?(小)?问题|请问(一下)?|麻烦(您|你|大家)?(帮忙|帮我)?(看|看看|看一下|解答)?(一下)?|我是新(来|人)的?|新人|刚入职|有点(儿)?(不太|不)?(明白|懂|迷茫|懵)|(非常|万分|多谢|十分)?感谢(您|你|大家)?(的)?(耐心)?(解答|帮助|支持|时间)?|谢谢(您|你|大家|各位)?(了|啦)?|辛苦(了|啦|大家)?|求助|求教|帮帮忙|在线等|拜托(了|大家)?|[\s,，。！!？?：:、~～])+$/

/** Thanks that follow without a full stop. */
const trailing =
  /[\s,，。!！]+((many |much )?(thanks|thank you|cheers)\b[^.?\n]{0,60}|(非常|万分|多谢|十分)?(感谢|谢谢|辛苦)[^？?\n]{0,12})[.!！。]*$/i

const END = 200

const withoutCourtesy = (text: string): string => {
  const sentences = text.match(/[^.!?。！？:：,，\n]+[.!?。！？:：,，\n]*/g) ?? [text]
  const from = sentences.findIndex(sentence => !isCourtesy(sentence))
  const to = sentences.findLastIndex(sentence => !isCourtesy(sentence))
  if (from < 0) return text
  const rest = sentences
    .slice(from, to + 1)
    .join('')
    .trim()
  // Its end alone: after a long run of blanks each would be tried as the beginning.
  return rest.slice(0, -END) + rest.slice(-END).replace(trailing, '') || rest
}

const isCourtesy = (sentence: string): boolean => {
  const bare = sentence.trim()
  if (/\p{Script=Han}/u.test(bare)) return bare.length <= 40 && courteousChinese.test(bare)
  const words = bare.toLowerCase().match(/[a-z']+/g) ?? []
  return !/\d/.test(bare) && words.every(word => courteous.has(word.replace(/'.*$/, '')))
}

/**
 * Text of a question or an example, for a prompt: nothing in it can look like the end of the fence around it, like a
 * turn of the conversation, or be there without being seen.
 */
export const fenced = (opening: string, text: string, max: number): string => {
  const [tag] = opening.split(' ')
  return `<${opening}>${cut(harmless(text), max)}</${tag}>`
}

const harmless = (text: string) =>
  text
    // Zero-width, bidirectional and tag characters, halves of pairs: a model reads what no person sees.
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}]/gu, '')
    .replace(/[^\P{Cc}\n\t]/gu, ' ')
    // No tag and no role token (<|im_start|>, <<SYS>>) is without this sign, however it is written.
    .replace(/[<＜﹤≮]|&(?:lt|#0{0,8}60|#x0{0,8}3c);?/gi, '‹')
    .replace(/\[\s{0,9}(\/?)\s{0,9}(INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w{1,20})\s{0,9}\]/gi, '($1$2)')

/** Of a long text what matters stands at the beginning and the end. */
const cut = (text: string, max: number) =>
  text.length <= max ? text : wellFormed(`${text.slice(0, max / 2)} [...] ${text.slice(-max / 2)}`)

/** A pair of surrogates that was cut in two is no valid JSON to some servers. */
const wellFormed = (text: string) => text.replace(/\p{Cs}/gu, '')

/** A window around a place in a paste: a sentence is not longer, and a megabyte without a line break costs no more. */
const WINDOW = 300
/** In a paste full of question marks the first ones and the last ones are looked at, not all. */
const MAX_LOOKS = 2_000

/** A text of at most so many characters: its beginning, the sentences in between that ask something, its end. */
export const excerpt = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text
  const ends = Math.floor(maxChars * 0.4)
  const middle = asking(text, ends, text.length - ends, maxChars - 2 * ends - 2)
  return [text.slice(0, ends), ...(middle === '' ? [] : [middle]), text.slice(-ends)].join('\n')
}

const asks =
  /[?？](?=\s|$)|(?<=\n\s?)(?:please|explain|help|find|fix|tell|summari[sz]e|how|why|请|帮|为什么|怎么)/gi

const asking = (text: string, from: number, to: number, maxChars: number): string => {
  const kept = new Set<string>()
  let room = maxChars
  asks.lastIndex = from
  for (let looks = 0, end = from; looks < MAX_LOOKS; looks += 1) {
    const found = asks.exec(text)
    if (found === null || found.index >= to) break
    if (found.index < end) continue
    const line = lineAt(text, found.index)
    end = found.index + 1
    if (line.length >= room || isOutput(line) || kept.has(line)) continue
    kept.add(line)
    room -= line.length + 1
  }
  return [...kept].join('\n')
}

const lineAt = (text: string, at: number) => {
  const before = text.slice(Math.max(0, at - WINDOW), at)
  const [after = ''] = text.slice(at, at + WINDOW).split('\n', 1)
  return `${before.slice(before.lastIndexOf('\n') + 1)}${after}`.trim()
}

/** Lines that programs write: stamps, levels, traces, fields, markup, hardly any words. */
const isOutput = (line: string) =>
  line.length < 4 ||
  /^([[({<#|>=*+~$%@\d-]|at \S+\(|(trace|debug|info|notice|warn|warning|error|fatal)\b|[\w.-]+[:=]\S)/i.test(
    line,
  ) ||
  /\b\d\d:\d\d:\d\d\b|\b(DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b/.test(line) ||
  (/^[\x20-\x7e]+$/.test(line) && (line.match(/\b[a-z]{2,}\b/gi) ?? []).length < 2)

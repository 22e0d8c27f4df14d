/** What a search box is given: no grammar, no courtesy. */

const stopWords = new Set(
  `a about after all also am an and any are as at be because been before being but by can could did do does
  doing for from get gets getting give go going got had has have having he hello help her here hey hi how i if in
  into is it its just know let like make may me might must my need no now of off on one only or our out over
  please s she should so some t than thank thanks that the their them then there these they this those through to
  too up us use using very was we were what whats when where which while who why will with would you your`
    .split(/\s+/)
    .filter(word => word !== ''),
)

const fillers =
  /请问|怎么样|怎么办|怎么|怎样|如何|什么|哪些|哪个|为什么|为何|应该|需要|可以|能不能|是不是|有没有|我们|你们|他们|一下|一个|这个|那个|这些|那些|然后|但是|因为|所以|如果|的|了|吗|呢|吧|啊|我|你|是|在|都|就|也|和|与|把|被|给|帮|请/g

const MOST = 10
/** From so few words of a longer text nobody could tell what is meant, and nobody would search for them alone. */
const FEW = 5

/** The words which carry the meaning, in order: of the sentence that asks; where they are few, the others' after them. */
export const keywordsOf = (text: string): string => {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const asking = Math.max(
    0,
    lines.findIndex(line => /[?？]\s*$/.test(line.trim())),
  )
  const words = wordsOf(lines[asking] ?? text)
  const others = sizeOf(words) > FEW ? [] : lines.filter((_, i) => i !== asking).flatMap(wordsOf)
  const kept = tellingOf([...words, ...others]).join(' ')
  return kept === '' ? text : kept
}

/** The longer a word, the more it says: the shortest go until few enough are left. */
const tellingOf = (words: readonly string[]): string[] => {
  const placed = words.map((word, at) => ({ word, at }))
  const longest = placed.sort((a, b) => b.word.length - a.word.length).slice(0, MOST)
  return longest.sort((a, b) => a.at - b.at).map(({ word }) => word)
}

/** Two Han characters are a word. */
const sizeOf = (words: readonly string[]) =>
  words.reduce((sum, word) => sum + Math.max(1, (word.match(/\p{Script=Han}/gu)?.length ?? 0) / 2), 0)

const wordsOf = (line: string): string[] =>
  line
    .replace(fillers, ' ')
    .split(/[\s,;:!?"()[\]{}，。？！：；（）、“”]+/u)
    .map(word => word.replace(/^[.'`]+|[.'`]+$/g, ''))
    .filter(word => word !== '' && !stopWords.has(word.toLowerCase()))

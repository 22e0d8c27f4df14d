import type { Row, Sees } from './row.ts'

const code = (text: string) => `\`${text}\``

/** What the client sees, in a few words. */
const seen = (sees: Sees): string => {
  switch (sees.kind) {
    case 'next': {
      const wait = sees.retryAfter === undefined ? '' : ', with the wait that was asked for'
      const named = sees.pinned === sees.alone ? '' : `, or ${sees.pinned} if it named this expert`
      return `the next expert's answer; if there is none, ${sees.alone}${named} (cause ${code(sees.code)})${wait}`
    }
    case 'refusal':
      return `${sees.status}, ${sees.body === undefined ? "in the gateway's words" : "in the expert's words"}; nobody else is asked`
    case 'answer':
      return sees.calls === 1 ? 'its answer' : 'its answer, at the second attempt'
    case 'broken off':
      return `what came until then, an error event (${code('expert_truncated')}), no ${code('[DONE]')}`
  }
}

/** Rows that say the same of whole answers and streams are one line. */
const linesOf = (rows: readonly Row[]): string[] => {
  const lines = new Map<string, string[]>()
  for (const { fault, stream, sees } of rows) {
    const line = `${fault} | ${seen(sees)}`
    lines.set(line, [...(lines.get(line) ?? []), stream ? 'stream' : 'whole'])
  }
  return [...lines].map(([line, forms]) => {
    const [fault, what] = line.split(' | ')
    return `| ${fault} | ${forms.join(', ')} | ${what} |`
  })
}

const FROM = '<!-- rows: made by npx vitest run test/faults/page.test.ts -u -->\n'
const TO = '\n<!-- end of rows -->'

/** The page with its table as the rows have it. */
export const withTable = (page: string, rows: readonly Row[]): string => {
  const [from, to] = [page.indexOf(FROM) + FROM.length, page.indexOf(TO)]
  if (from < FROM.length || to < from) throw new Error('The page has lost the marks of its table.')
  const lines = ['| an expert that | answer | the client sees |', '| --- | --- | --- |', ...linesOf(rows)]
  return `${page.slice(0, from)}\n${lines.join('\n')}\n${page.slice(to)}`
}

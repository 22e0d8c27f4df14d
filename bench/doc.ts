import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootPath } from './place.ts'
import { plotOf } from './plot.ts'
import { type Promised, promised } from './promises.ts'
import { type Machine, machineHere, type Result } from './results.ts'
import { growthTable, tables } from './table.ts'

type Kept = Result & { readonly at: string; readonly machine: Machine }

const pagePath = join(rootPath, 'docs/performance.md')
const figuresPath = join(rootPath, 'docs/performance.json')
const imagesPath = join(rootPath, 'docs/images')

/** Puts what was measured into the page. What was not measured this time stays as it was. */
export const writeDoc = async (result: Result, print: (text: string) => void): Promise<void> => {
  const kept = merged(
    existsSync(figuresPath) ? JSON.parse(readFileSync(figuresPath, 'utf8')) : undefined,
    result,
  )
  writeFileSync(figuresPath, `${JSON.stringify(kept, null, 1)}\n`)
  mkdirSync(imagesPath, { recursive: true })
  for (const growth of kept.growth ?? [])
    writeFileSync(join(imagesPath, `growth-${growth.name}.svg`), await plotOf(growth))
  const page = readFileSync(pagePath, 'utf8')
  writeFileSync(
    pagePath,
    [
      ['promised', promisedText(kept)],
      ['scenarios', tables(kept.lines).trim().replaceAll('\n\n\n', '\n\n')],
      ['growth', growthText(kept)],
    ].reduce((text, [name = '', put = '']) => between(text, name, put), page),
  )
  print('Written: docs/performance.md, docs/performance.json, docs/images/growth-*.svg')
}

const merged = (before: Kept | undefined, { lines, policies, memory, growth }: Result): Kept => {
  const ran = new Set(lines.map(({ scenario }) => scenario))
  const rest = before?.lines.filter(({ scenario }) => !ran.has(scenario)) ?? []
  return {
    at: new Date().toISOString(),
    machine: machineHere(),
    lines: [...lines, ...rest].map(line => ({ ...line, rounds: [] })),
    policies: policies ?? before?.policies,
    memory: memory ?? before?.memory,
    growth: growth ?? before?.growth,
  }
}

const promisedText = (kept: Kept) => {
  const { at, machine } = kept
  return [
    `Node ${machine.node}, ${machine.cores} cores (${machine.cpu}), load by ${machine.generator}, ${at.slice(0, 10)}; load average before it ${machine.loadBefore.toFixed(1)}.\n`,
    '| | at least | aim | measured | of the aim | bounded by |',
    '|---|---:|---:|---:|---:|---|',
    ...promised.map(one => rowOf(one, one.of(kept))),
  ].join('\n')
}

const rowOf = ({ what, unit, least, aim, smaller, bound }: Promised, value: number | undefined) => {
  const withUnit = (number: number) => `${number}${unit === '' || unit === '×' ? '' : ' '}${unit}`
  const cells = [
    smaller ? `≤ ${withUnit(least)}` : withUnit(least),
    smaller ? `≤ ${withUnit(aim)}` : withUnit(aim),
  ]
  if (value === undefined) return `| ${[what, ...cells, 'not measured', '', bound].join(' | ')} |`
  const share = smaller ? aim / value : value / aim
  const isMet = smaller ? value <= least : value >= least
  const shown = withUnit(Number(value.toPrecision(value >= 100 ? 3 : 2)))
  return `| ${[what, ...cells, isMet ? `**${shown}**` : shown, share.toFixed(2), bound].join(' | ')} |`
}

const growthText = ({ growth = [] }: Kept) =>
  growth
    .map(one => `### ${one.title}\n\n![${one.title}](images/growth-${one.name}.svg)\n\n${growthTable(one)}`)
    .join('\n\n')

const between = (page: string, name: string, put: string) => {
  const [from, to] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const [start, end] = [page.indexOf(from), page.indexOf(to)]
  if (start < 0 || end < start) throw new Error(`docs/performance.md lacks ${from} or ${to}.`)
  return `${page.slice(0, start + from.length)}\n${put}\n${page.slice(end)}`
}

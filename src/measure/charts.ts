import type { Bin, Confusion } from './scores.ts'

/** Charts as SVG. Colours are the page's variables, so that light, dark and print have their own. */

export const escapeText = (text: string) => text.replace(/[&<>"]/g, mark => `&#${mark.charCodeAt(0)};`)

const short = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

const LABEL = 22

type Cell = { readonly truth: string; readonly task: string; readonly count: number; readonly share: number }

/** Rows are what was true, columns what was decided; the darker, the larger the share of the row. */
export const heatmap = (confusion: Confusion): string => {
  const columns = new Set(Object.values(confusion).flatMap(row => Object.keys(row)))
  const tasks = [...new Set([...Object.keys(confusion), ...columns])].sort()
  const size = Math.max(18, Math.min(46, Math.floor(760 / tasks.length)))
  const left = 8 + 7 * Math.min(LABEL, Math.max(...tasks.map(task => task.length)))
  const side = tasks.length * size
  const truths = tasks.filter(task => confusion[task] !== undefined)
  const cells = truths.flatMap((truth, y) =>
    tasks.map((task, x) => cell(cellOf(confusion, truth, task), left + x * size, y * size, size)),
  )
  const rows = truths.map(
    (task, y) =>
      `<text class="label" x="${left - 8}" y="${y * size + size / 2 + 4}" text-anchor="end">${escapeText(short(task, LABEL))}</text>`,
  )
  const bottom = truths.length * size
  const heads = tasks.map((task, x) => {
    const [atX, atY] = [left + x * size + size / 2 + 4, bottom + 10]
    return `<text class="label" x="${atX}" y="${atY}" transform="rotate(-55 ${atX} ${atY})" text-anchor="end">${escapeText(short(task, LABEL))}</text>`
  })
  return svg('Confusion of tasks', left + side + 8, bottom + left, [...cells, ...rows, ...heads])
}

const cellOf = (confusion: Confusion, truth: string, task: string): Cell => {
  const row = confusion[truth] ?? {}
  const n = Object.values(row).reduce((sum, value) => sum + value, 0)
  const count = row[task] ?? 0
  return { truth, task, count, share: n === 0 ? 0 : count / n }
}

const cell = ({ truth, task, count, share }: Cell, x: number, y: number, size: number): string => {
  const title = `${truth} decided as ${task}: ${count} (${(share * 100).toFixed(1)} %)`
  // The root brings small shares, which are the interesting ones, into sight.
  const opacity = Math.sqrt(share).toFixed(3)
  const text = count === 0 || size < 24 ? '' : label(count, share, x + size / 2, y + size / 2 + 4)
  const kind = truth === task ? 'right' : 'wrong'
  return `<g><title>${escapeText(title)}</title><rect class="cell" x="${x}" y="${y}" width="${size - 2}" height="${size - 2}" rx="2"/><rect class="${kind}" x="${x}" y="${y}" width="${size - 2}" height="${size - 2}" rx="2" fill-opacity="${opacity}"/>${text}</g>`
}

const label = (count: number, share: number, x: number, y: number) =>
  `<text class="${share > 0.3 ? 'count on' : 'count'}" x="${x - 1}" y="${y}" text-anchor="middle">${count}</text>`

const [WIDTH, HEIGHT, LEFT, TOP, COUNTS] = [440, 360, 56, 28, 70]

/** Bars are what was right at each confidence; the dashed line is where they should end. Below: how many questions. */
export const reliability = (bins: readonly Bin[]): string => {
  const x = (value: number) => LEFT + value * WIDTH
  const y = (value: number) => TOP + (1 - value) * HEIGHT
  const most = Math.max(1, ...bins.map(({ n }) => n))
  const top = TOP + HEIGHT + 64
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap(value => [
    `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(value)}" y2="${y(value)}"/>`,
    `<text class="label" x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value * 100} %</text>`,
    `<text class="label" x="${x(value)}" y="${y(0) + 18}" text-anchor="middle">${value * 100} %</text>`,
  ])
  const bars = bins.map(({ from, to, n, confidence, accuracy }) => {
    const title = `confidence ${(confidence * 100).toFixed(1)} %, right ${(accuracy * 100).toFixed(1)} % of ${n}`
    const [left, width] = [x(from) + 1, x(to) - x(from) - 2]
    const height = (n / most) * COUNTS
    return [
      `<g><title>${title}</title><rect class="bar" x="${left}" y="${y(accuracy)}" width="${width}" height="${y(0) - y(accuracy)}"/>`,
      `<rect class="many" x="${left}" y="${top + COUNTS - height}" width="${width}" height="${height}"/>`,
      `<circle class="dot" cx="${x(confidence)}" cy="${y(accuracy)}" r="4"/></g>`,
    ].join('')
  })
  const names = [
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    `<text class="label" x="${x(0.5)}" y="${y(0) + 36}" text-anchor="middle">confidence</text>`,
    `<text class="label" x="${x(0)}" y="${y(1) - 12}">share right</text>`,
    `<text class="label" x="${LEFT - 8}" y="${top + 12}" text-anchor="end">${most}</text>`,
    `<text class="label" x="${LEFT - 8}" y="${top + COUNTS}" text-anchor="end">0</text>`,
    `<text class="label" x="${x(0)}" y="${top - 8}">questions</text>`,
  ]
  return svg('Confidence against share right', LEFT + WIDTH + 24, top + COUNTS + 8, [
    ...grid,
    ...bars,
    ...names,
  ])
}

const svg = (title: string, width: number, height: number, content: readonly string[]) =>
  `<svg role="img" aria-label="${title}" viewBox="0 0 ${width} ${height}" width="${width}">${content.join('')}</svg>`

import { escapeText, heatmap, reliability } from './charts.ts'
import { decimal, percent } from './format.ts'
import { type Report, shown, type Table, tablesOf } from './tables.ts'

/** The report as one page that needs nothing from anywhere. */
export const pageOf = (report: Report): string => {
  const result = shown(report)
  if (result === undefined) return ''
  const title = escapeText(report.title)
  const tiles = [
    ['accuracy', percent(result.accuracy)],
    ['macro F1', percent(result.macroF1)],
    ['calibration error', decimal(result.ece)],
    ['decided alone at 5 % error', percent(result.coverage['0.05']?.share)],
    ...(result.unknown === null ? [] : [['unknown, AUROC', decimal(result.unknown.auroc)]]),
  ].map(([name, value]) => `<div class="tile"><b>${value}</b><span>${name}</span></div>`)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<main>
<h1>${title}</h1>
<p class="lead">${result.n} questions, ${Math.round(result.examples)} examples, encoder ${escapeText(result.encoder)}.</p>
<section class="tiles">${tiles.join('')}</section>
<section><h2>What was mistaken for what</h2>
<p>Rows: what is true. Columns: what was decided. The deeper the colour, the larger the share of the row; blue is right, orange is wrong.</p>
<div class="chart">${heatmap(result.confusion)}</div></section>
<section><h2>Is it as right as it is sure?</h2>
<p>Dots on the dashed line: a confidence of 80 % is right 80 % of the time. Below the line it is too sure, above it too modest. A gap where the grey bar below is flat means little: that is a handful of questions.</p>
<div class="chart">${reliability(result.reliability)}</div></section>
${tablesOf(report).map(asHtml).join('\n')}
</main>
</html>
`
}

const asHtml = ({ title, head, rows }: Table): string => {
  const cells = (tag: string, row: readonly string[]) =>
    row.map(cell => `<${tag}>${escapeText(cell)}</${tag}>`).join('')
  return `<section><h2>${escapeText(title)}</h2><div class="chart"><table><thead><tr>${cells('th', head)}</tr></thead>
<tbody>${rows.map(row => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table></div></section>`
}

/** Blue and orange are told apart by every kind of colour vision; position and numbers say the same once more. */
const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #5c6670; --line: #d5dae0; --cell: #f2f4f6;
  --right: #0b5cad; --wrong: #c2500a; --on: #fff; --many: #9aa5b1 }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e6e9ec; --soft: #a3adb8; --line: #343c46;
  --cell: #1f252c; --right: #6cb2f5; --wrong: #f59a4c; --on: #0c1116; --many: #66727f } }
@media print { :root { --paper: #fff; --ink: #000; --soft: #333; --line: #bbb; --cell: #f2f4f6; --right: #0b5cad;
  --wrong: #c2500a; --on: #fff; --many: #9aa5b1 }
  section { break-inside: avoid } * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1040px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 19px; margin: 36px 0 6px } p { margin: 0 0 12px; max-width: 72ch }
.lead, p, .tile span { color: var(--soft) }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 20px }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; display: grid }
.tile b { font-size: 24px } .chart { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th { font-weight: 600 } th:first-child, td:first-child { text-align: left }
svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif } svg .label { fill: var(--soft) }
svg .count { fill: var(--ink); font-size: 11px } svg .count.on { fill: var(--on) } svg .cell { fill: var(--cell) }
svg .right { fill: var(--right) } svg .wrong { fill: var(--wrong) } svg .many { fill: var(--many) }
svg .grid { stroke: var(--line) } svg .ideal { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4 }
svg .bar { fill: var(--right); fill-opacity: 0.45 } svg .dot { fill: var(--wrong); stroke: var(--paper); stroke-width: 1.5 }
`

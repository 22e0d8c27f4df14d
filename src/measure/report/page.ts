import type { Figures, Section } from './charts.ts'
import { draw } from './draw.ts'
import { escapeText } from './escape.ts'
import { figuresOf, numbered } from './figures-of.ts'
import { style } from './theme.ts'

export type Page = {
  readonly title: string
  readonly lead?: string
  /** The few figures that are looked for first. */
  readonly tiles?: readonly { readonly name: string; readonly value: string }[]
  readonly sections: readonly Section[]
  /** What a reader must know before using it. */
  readonly notes?: readonly string[]
}

/** One page that needs nothing from anywhere and runs nothing. */
export const htmlOf = async ({ title, lead, tiles = [], sections, notes = [] }: Page): Promise<string> => {
  const parts: string[] = []
  for (const section of sections) parts.push(await asHtml(section))
  const remarks = notes.map(note => `<li>${escapeText(note)}</li>`).join('')
  const boxes = tiles.map(
    ({ name, value }) =>
      `<div class="tile"><b>${escapeText(value)}</b><span>${escapeText(name)}</span></div>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}</style>
<main>
<h1>${escapeText(title)}</h1>
${lead === undefined ? '' : `<p class="lead">${escapeText(lead)}</p>`}
${boxes.length === 0 ? '' : `<section class="tiles">${boxes.join('')}</section>`}
${parts.join('\n')}
${remarks === '' ? '' : `<section><h2>Notes</h2><ul>${remarks}</ul></section>`}
</main>
</html>
`
}

const asHtml = async (section: Section): Promise<string> => {
  const { title, note, chart } = section
  const figures = figuresOf(section)
  return [
    `<section><h2>${escapeText(title)}</h2>`,
    note === undefined ? '' : `<p>${escapeText(note)}</p>`,
    chart === undefined ? '' : `<div class="chart">${await draw(chart)}</div>`,
    figures === undefined ? '' : tableOf(figures),
    '</section>',
  ].join('\n')
}

const tableOf = (figures: Figures): string => {
  const { head, rows } = figures
  const toTheRight = numbered(figures)
  const cells = (tag: string, row: readonly string[]) =>
    row
      .map((cell, i) => `<${tag}${toTheRight[i] === true ? '' : ' class="w"'}>${escapeText(cell)}</${tag}>`)
      .join('')
  return `<div class="chart"><table><thead><tr>${cells('th', head)}</tr></thead>
<tbody>${rows.map(row => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody></table></div>`
}

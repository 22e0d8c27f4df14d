import type { Growth } from './growth.ts'
import type { Line } from './measure.ts'

const fixed = (value: number | undefined, digits: number) =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits)

/** A table a scenario, in Markdown. */
export const tables = (lines: readonly Line[]): string =>
  [...new Set(lines.map(({ title }) => title))]
    .map(title =>
      tableOf(
        title,
        lines.filter(line => line.title === title),
      ),
    )
    .join('\n')

const tableOf = (title: string, lines: readonly Line[]) => `
### ${title}

| | per second | of the yardstick | CPU µs | of the yardstick | p50 ms | p99 ms | added p50 | added p99 | errors | MB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
${lines.map(rowOf).join('\n')}
`

const rowOf = ({ subject, medians, ratio, cpuRatio, addedP50, addedP99, residentMb }: Line) =>
  `| ${[
    subject,
    fixed(medians.perSecond, 0),
    fixed(ratio, 3),
    fixed(medians.cpuUs, 1),
    fixed(cpuRatio, 3),
    fixed(medians.p50, 3),
    fixed(medians.p99, 2),
    fixed(addedP50, 3),
    fixed(addedP99, 2),
    fixed(medians.errors, 0),
    fixed(residentMb, 0),
  ].join(' | ')} |`

/** A table for each thing that grows. */
export const growthTables = (growths: readonly Growth[]): string =>
  growths.map(growth => `### ${growth.title}\n\n${growthTable(growth)}\n`).join('\n')

export const growthTable = ({ title, note, panels, points }: Growth): string =>
  [
    `${note}\n`,
    `| ${title} | ${panels.map(panel => `${panel.title}, ${panel.unit}`).join(' | ')} |`,
    `|---:|${panels.map(() => '---:|').join('')}`,
    ...points.map(
      ({ x, values }) =>
        `| ${x.toLocaleString('en')} | ${panels.map(({ key }) => rounded(values[key])).join(' | ')} |`,
    ),
  ].join('\n')

const rounded = (value = Number.NaN) =>
  Number.isNaN(value) ? '' : value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)))

import { decimal, percent } from './format.ts'
import { htmlOf } from './report/page.ts'
import { asSection, type Report, shown, tablesOf } from './tables.ts'

/** The report as one page that needs nothing from anywhere. */
export const pageOf = async (report: Report): Promise<string> => {
  const result = shown(report)
  if (result === undefined) return ''
  const { confusion, reliability, unknown } = result
  return htmlOf({
    title: report.title,
    lead: `${result.n} questions, ${Math.round(result.examples)} examples, encoder ${result.encoder}.`,
    tiles: [
      { name: 'accuracy', value: percent(result.accuracy) },
      { name: 'macro F1', value: percent(result.macroF1) },
      { name: 'calibration error', value: decimal(result.ece) },
      { name: 'decided alone at 5 % error', value: percent(result.coverage['0.05']?.share) },
      ...(unknown === null ? [] : [{ name: 'unknown, AUROC', value: decimal(unknown.auroc) }]),
    ],
    sections: [
      {
        title: 'What was mistaken for what',
        note: 'Rows: what is true. Columns: what was decided. The stronger the colour, the larger the share of the row; blue is right, orange is wrong.',
        chart: { kind: 'confusion', title: 'Confusion of tasks', counts: confusion },
      },
      {
        title: 'Is it as right as it is sure?',
        note: 'Dots on the dashed line: a confidence of 80 % is right 80 % of the time. Below the line it is too sure, above it too modest. Where the grey bar below is flat, a gap means little: that is a handful of questions.',
        chart: { kind: 'reliability', title: 'Confidence against share right', bins: reliability },
      },
      ...tablesOf(report).map(asSection),
    ],
  })
}

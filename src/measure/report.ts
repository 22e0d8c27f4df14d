import { markdownFrom } from './report/markdown.ts'
import { asSection, type Report, tablesOf } from './tables.ts'

/** The report for a terminal and for a repository. */
export const markdownOf = (report: Report): string =>
  markdownFrom({ title: report.title, sections: tablesOf(report).map(asSection) })

import type { Row } from './row.ts'
import { bodyRows } from './rows-body.ts'
import { connectionRows } from './rows-connection.ts'
import { statusRows } from './rows-status.ts'
import { streamRows } from './rows-stream.ts'

/** Everything that an expert may do wrong, or oddly, and what a client must see of it. */
export const table = (elsewhere: string): Row[] => [
  ...connectionRows,
  ...statusRows(elsewhere),
  ...bodyRows,
  ...streamRows,
]

import type { Decision } from '../../routing/decide.ts'
import type { Answered } from '../../routing/pipeline.ts'
import { withFirst } from './splice.ts'

/** What a client is told of the routing: the same in headers and, because SDKs hide those, in the body. */
export type RoutingRecord = {
  readonly request_id: string
  readonly task: string
  readonly expert: string
  readonly decided_by: string
  readonly confidence: number
  readonly snapshot: string
  readonly tried: readonly string[]
}

export const recordOf = (
  requestId: string,
  decision: Decision,
  { expert, tried }: Pick<Answered, 'expert' | 'tried'>,
): RoutingRecord => ({
  request_id: requestId,
  task: decision.task,
  expert,
  decided_by: decision.decidedBy,
  confidence: decision.confidence,
  snapshot: decision.snapshot,
  tried,
})

export const recordHeaders = (record: Omit<RoutingRecord, 'request_id'>): Record<string, string> => ({
  'x-coe-task': record.task,
  'x-coe-expert': record.expert,
  'x-coe-decided-by': record.decided_by,
  'x-coe-confidence': String(record.confidence),
  'x-coe-snapshot': record.snapshot,
  'x-coe-tried': record.tried.join(','),
})

/** Put in after the first brace, so that the expert's own bytes are neither parsed nor rebuilt. */
export const spliceRecord = (json: Uint8Array, record: RoutingRecord, from = 0): Buffer =>
  withFirst(
    Buffer.from(json.buffer, json.byteOffset, json.byteLength),
    `"coe":${JSON.stringify(record)}`,
    from,
  )

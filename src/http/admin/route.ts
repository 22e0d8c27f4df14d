import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { z } from 'zod'

/** What an operator asked. */
export type AdminCall<Body = unknown> = {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: Body
  readonly log: FastifyBaseLogger
}

/** One row of the table: what it answers is sent as JSON, what it throws by its code. */
export type AdminRoute = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /admin. */
  readonly path: string
  readonly body?: z.ZodType
  handle(call: AdminCall): unknown
}

export const get = (path: string, handle: (call: AdminCall) => unknown): AdminRoute => ({
  method: 'GET',
  path,
  handle,
})

type WithBody = <Schema extends z.ZodType>(
  path: string,
  body: Schema,
  handle: (call: AdminCall<z.output<Schema>>) => unknown,
) => AdminRoute

const withBody =
  (method: AdminRoute['method']): WithBody =>
  (path, body, handle) => ({
    method,
    path,
    body,
    handle: call => handle(call as AdminCall<z.output<typeof body>>),
  })

export const post = withBody('POST')
export const put = withBody('PUT')

export const remove = (path: string, handle: (call: AdminCall) => unknown): AdminRoute => ({
  method: 'DELETE',
  path,
  handle,
})

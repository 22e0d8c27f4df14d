import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { z } from 'zod'

/** What an operator asked. */
export type AdminCall<Body = unknown, Query = Readonly<Record<string, string>>> = {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly headers: IncomingHttpHeaders
  readonly body: Body
  readonly log: FastifyBaseLogger
  /** Whence it came. */
  readonly ip: string
  /** Aborts when the operator has left. */
  readonly signal: AbortSignal
  /** Sets a header of the answer. */
  header(name: string, value: string): void
}

/** What a reader of the API is told of a route beside its path. */
export type About = {
  readonly summary?: string
  readonly query?: z.ZodType
  readonly answers?: z.ZodType
  /** Of the answer, where it is not JSON. */
  readonly type?: string
}

/** One row of the table: what it answers is sent as JSON, a stream as it comes; what it throws by its code. */
export type AdminRoute = About & {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /admin. */
  readonly path: string
  readonly body?: z.ZodType
  handle(call: AdminCall): unknown
  /** Ends what would keep a shutdown waiting. */
  close?(): void
}

type Asked = Readonly<Record<string, string>>
type QueryOf<A extends About> = A extends { readonly query: infer Query extends z.ZodType }
  ? z.output<Query>
  : Asked

type WithoutBody = <A extends About = Record<never, never>>(
  path: string,
  handle: (call: AdminCall<unknown, QueryOf<A>>) => unknown,
  about?: A,
) => AdminRoute

type WithBody = <Schema extends z.ZodType, A extends About = Record<never, never>>(
  path: string,
  body: Schema,
  handle: (call: AdminCall<z.output<Schema>, QueryOf<A>>) => unknown,
  about?: A,
) => AdminRoute

// What is handed over was read with the very schemas that the types are from.
const withoutBody =
  (method: AdminRoute['method']): WithoutBody =>
  (path, handle, about) => ({ ...about, method, path, handle: call => handle(call as never) })

const withBody =
  (method: AdminRoute['method']): WithBody =>
  (path, body, handle, about) => ({ ...about, method, path, body, handle: call => handle(call as never) })

export const get = withoutBody('GET')
export const del = withoutBody('DELETE')
export const post = withBody('POST')
export const put = withBody('PUT')

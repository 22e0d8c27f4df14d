import type { FastifyHttpOptions, FastifyInstance } from 'fastify'
import type { RefusedBecause } from '../routing/events.ts'

/** What the door takes at most. Every one of them bounds memory or time that strangers could claim. */
export type Limits = {
  /** One request's body. */
  readonly bodyBytes: number
  /** All bodies together, from their first byte until their request is over. */
  readonly bodiesBytes: number
  readonly connections: number
  readonly headerBytes: number
  /** Until a request's headers are here; also what a connection may take to say anything at all. */
  readonly headersMs: number
  /** Until its body is here too. */
  readonly requestMs: number
  /** How long a connection may wait for its next request. Longer than load balancers do, who must hang up first. */
  readonly keepAliveMs: number
  /** Requests running at the same time. */
  readonly inFlight: number
  /** How late the event loop may be. */
  readonly delayMs: number
}

const MB = 1024 * 1024

export const defaultLimits: Limits = {
  bodyBytes: 10 * MB,
  bodiesBytes: 256 * MB,
  connections: 10_000,
  headerBytes: 16 * 1024,
  headersMs: 15_000,
  requestMs: 120_000,
  keepAliveMs: 72_000,
  inFlight: 2_000,
  delayMs: 1_000,
}

/** The limits that the HTTP server itself keeps. */
export const serverOptions = (limits: Limits): FastifyHttpOptions<FastifyInstance['server']> => ({
  bodyLimit: limits.bodyBytes,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: limits.keepAliveMs,
  http: {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: Math.min(limits.headersMs, limits.requestMs),
    connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.headersMs / 2)),
  },
})

/** Connections beyond the limit are closed as they come; somebody should hear of it. */
export const limitConnections = (
  server: FastifyInstance['server'],
  connections: number,
  refused: (because: RefusedBecause) => void,
) => {
  server.maxConnections = connections
  server.on('drop', () => refused('connections'))
}

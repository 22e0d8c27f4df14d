import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.ts'

type ConsoleFile = {
  readonly bytes: Buffer
  readonly gzipped: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** The console's files by their path below /console/; none where it was not built. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>

/** Where `vite build console` puts it: the same place seen from src/http and from dist/http. */
const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url))

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Nothing but its own files, no frame around it, and nobody told where a person came from. */
const guarded = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept-encoding',
}

/** Read once, at start: a request looks into a table and never at the disk. */
export const readConsole = async (folder = BUILT): Promise<ConsoleFiles> => {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const known = names.filter(name => types[extname(name)] !== undefined)
  return new Map(
    await Promise.all(
      known.map(
        async name => [name.replaceAll(sep, '/'), await readConsoleFile(join(folder, name))] as const,
      ),
    ),
  )
}

const compress = promisify(gzip)

const readConsoleFile = async (path: string): Promise<ConsoleFile> => {
  const bytes = await readFile(path)
  // The build puts a hash of the content into the names of what lies in assets/.
  const lasting = path.includes(`${sep}assets${sep}`)
  return {
    bytes,
    gzipped: await compress(bytes),
    headers: {
      ...guarded,
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'cache-control': lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    },
  }
}

/** The console's page and what it is made of: for everybody, as it shows nothing without the admin key. */
export const consolePages = async (app: FastifyInstance, files: ConsoleFiles) => {
  // Relative, so that it also holds behind a proxy that puts a path before it.
  app.get('/console', async (_request, reply) => reply.redirect('console/', 308))
  app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    if (files.size === 0) throw notBuilt()
    const file = files.get(request.params['*'] || 'index.html')
    if (file === undefined) throw noPage()
    return send(file, request, reply)
  })
}

const send = ({ bytes, gzipped, headers }: ConsoleFile, request: FastifyRequest, reply: FastifyReply) => {
  void reply.headers(headers)
  if (request.headers['if-none-match'] === headers.etag) return reply.code(304).send()
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(bytes)
  return reply.header('content-encoding', 'gzip').send(gzipped)
}

const noPage = () =>
  new GatewayError('not_found', 'There is no such file in the console. It begins at /console/.')

const notBuilt = () =>
  new GatewayError('not_found', 'The console is not built here: run `npm run build` and restart the gateway.')

import { request } from 'undici'
import { z } from 'zod'
import { describe, GatewayError } from '../errors.ts'
import { secretsOf, withoutSecrets } from './rejection.ts'

const MAX_BYTES = 8 * 1024 * 1024
const listing = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) })

export type Offered = { readonly url: string; readonly models: readonly string[] }

/** What an endpoint says it has. A base address without its `/v1` is found as well. */
export const modelsAt = async (
  url: string,
  key: string | undefined,
  signal: AbortSignal,
): Promise<Offered> => {
  const base = url.replace(/\/+$/, '')
  try {
    return { url: base, models: await listed(base, key, signal) }
  } catch (error) {
    const isNotThere = error instanceof GatewayError && error.details.upstreamStatus === 404
    if (!isNotThere || /\/v\d+$/.test(new URL(base).pathname)) throw error
    return { url: `${base}/v1`, models: await listed(`${base}/v1`, key, signal) }
  }
}

const listed = async (base: string, key: string | undefined, signal: AbortSignal): Promise<string[]> => {
  const unavailable = (message: string, upstreamStatus?: number) =>
    new GatewayError(
      'expert_unavailable',
      `${base}: ${withoutSecrets(message, secretsOf(new URL(base), key))}`,
      {
        ...(upstreamStatus !== undefined && { upstreamStatus }),
      },
    )
  try {
    // A redirect is not followed: it could lead the key to another host.
    const { statusCode, body } = await request(`${base}/models`, {
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...(key ? { authorization: `Bearer ${key}` } : {}),
      },
      signal,
    })
    if (statusCode !== 200) {
      body.on('error', () => undefined).destroy()
      throw unavailable(`answered ${statusCode} to GET /models${hint(statusCode)}.`, statusCode)
    }
    const { data } = listing.safeParse(JSON.parse(await limited(body)))
    if (data === undefined) throw unavailable('answered something that is no list of models.')
    return [...new Set(data.data.map(({ id }) => id))]
  } catch (error) {
    if (error instanceof GatewayError) throw error
    if (signal.aborted) throw unavailable('did not answer in time.')
    throw unavailable(
      error instanceof SyntaxError ? 'answered something that is no JSON.' : `${describe(error)}.`,
    )
  }
}

const hint = (status: number) =>
  status === 401 || status === 403
    ? ' (its key is missing or wrong)'
    : status === 404
      ? ' (does it end in /v1?)'
      : ''

const limited = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error('its list of models has no end')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

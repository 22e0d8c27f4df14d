/** What the gateway refused, in its own words. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  /** What stood beside the error: a map's problems, say. */
  readonly body: unknown

  constructor(status: number, code: string, message: string, body?: unknown) {
    super(message)
    this.status = status
    this.code = code
    this.body = body
  }
}

export type Asked = {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

/** The admin API with a key in its hand. */
export type Gateway = {
  json<Answer>(path: string, asked?: Asked): Promise<Answer>
  /** An answer whose body is still to come. */
  open(path: string, asked?: Asked): Promise<Response>
}

/** Relative to the page, which may lie behind a proxy that puts a path before it. */
const address = (path: string) => new URL(`..${path}`, document.baseURI)

export const createGateway = (key: string, onUnauthorized: () => void): Gateway => {
  const open = async (path: string, asked: Asked = {}) => {
    try {
      return await request(`/admin${path}`, key, asked)
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.status === 401) onUnauthorized()
      throw thrown
    }
  }
  return {
    open,
    json: async <Answer>(path: string, asked?: Asked) => {
      const text = await (await open(path, asked)).text()
      // Nothing is told by nothing.
      return (text === '' ? null : JSON.parse(text)) as Answer
    },
  }
}

/** One request; whatever is not a success is thrown as a `Refused`. */
export const request = async (path: string, key: string, asked: Asked): Promise<Response> => {
  const { method = 'GET', body, ifMatch, signal } = asked
  const response = await fetch(address(path), {
    method,
    cache: 'no-store',
    credentials: 'omit',
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch(thrown => {
    if (signal?.aborted) throw thrown
    throw new Refused(
      0,
      'unreachable',
      'The gateway does not answer. Is it running, and reachable from here?',
    )
  })
  if (!response.ok) throw await refusal(response)
  return response
}

const refusal = async (response: Response): Promise<Refused> => {
  const body: unknown = await response.json().catch(() => undefined)
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  return new Refused(
    response.status,
    typeof error?.code === 'string' ? error.code : 'failed',
    typeof error?.message === 'string' ? error.message : `The gateway answered ${response.status}.`,
    body,
  )
}

/** What to show a person of anything thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)

export const wasAborted = (thrown: unknown) => thrown instanceof DOMException && thrown.name === 'AbortError'

import { json, type RunningGateway } from './gateway.ts'

export const ADMIN_KEY = 'planted-admin-key'

/** What an operator asks of a gateway that was started with `COE_ADMIN_KEY: ADMIN_KEY`. */
export const operator = (gateway: Pick<RunningGateway, 'url'>) => {
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const get = (path: string) => json(send('GET', path))
  return {
    send,
    get,
    post: (path: string, body: unknown = {}) => json(send('POST', path, body)),
    /** As an operator changes a map: reads it, changes the text, sends it with its version. */
    async edit(change: (source: string) => string, query = '') {
      const { source, version } = await get('/map')
      return await send(
        'PUT',
        `/map${query}`,
        { source: change(source), why: 'a test' },
        { 'if-match': `"${version}"` },
      )
    },
  }
}

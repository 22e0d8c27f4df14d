import { request } from 'node:http'
import type { RunningGateway } from './gateway.ts'

/** A client that hangs up when told. */
export const leavingClient = (gateway: RunningGateway, body: object) => {
  const sent = request(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  sent.on('error', () => undefined)
  const firstBytes = new Promise<void>(resolve =>
    sent.on('response', response => response.once('data', () => resolve())),
  )
  sent.end(JSON.stringify(body))
  return { firstBytes, leave: () => sent.destroy() }
}

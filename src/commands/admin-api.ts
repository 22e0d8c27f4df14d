import { z } from 'zod'
import { describe } from '../errors.ts'
import { UsageError } from './command.ts'

export type AdminApi = {
  /** What a gateway answers, or an error that says what it answered instead. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown>
}

/** Preparing a map may encode a large context first. */
const TIMEOUT_MS = 300_000

const refusal = z.object({ error: z.object({ message: z.string() }) })

/** A gateway's side for operators, as a command speaks to it. */
export const adminAt = (url: string, key: string): AdminApi => {
  const base = URL.canParse(url) ? new URL(url) : undefined
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw new UsageError(`--url takes an address such as http://127.0.0.1:8080, not "${url}".`)
  }
  return {
    async ask(method, path, body) {
      const response = await fetch(new URL(`/admin${path}`, base), {
        method,
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch(error => {
        throw new Error(`No gateway answers at ${base.origin} (--url): ${describe(error)}`)
      })
      const text = await response.text()
      const value = parsed(text)
      if (response.ok) return value
      const message = refusal.safeParse(value).data?.error.message ?? text.slice(0, 200)
      throw new Error(`${base.origin} answered ${response.status}: ${message}`)
    },
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

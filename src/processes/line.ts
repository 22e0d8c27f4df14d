import { describe } from '../errors.ts'

/** What one side lets the other call. */
export type Offers = { readonly [name: string]: (...given: never[]) => unknown }

/** A channel between two processes of one program. */
export type Channel = {
  send(message: object): void
  listen(listener: (message: unknown) => void): void
}

export type Line<Theirs extends Offers> = {
  /** Asks the other side; rejects when it fails, does not answer in time, or the line is closed. */
  call<Name extends keyof Theirs & string>(
    name: Name,
    given: Parameters<Theirs[Name]>,
    timeoutMs?: number,
  ): Promise<Awaited<ReturnType<Theirs[Name]>>>
  close(): void
}

type Call = { readonly line: 'call'; readonly id: number; readonly name: string; readonly given: never[] }
type Reply = {
  readonly line: 'reply'
  readonly id: number
  readonly value?: unknown
  readonly problem?: string
}

type Waiting = { resolve(value: unknown): void; reject(error: Error): void }

/** Whoever does not answer for this long is busy with something worse. */
const PATIENCE_MS = 5_000

/** Calls in both directions over one channel. Both ends are ours, of the same version, so their types are believed. */
export const createLine = <Theirs extends Offers>(channel: Channel, ours: Offers): Line<Theirs> => {
  const waiting = new Map<number, Waiting>()
  let last = 0
  let closed = false

  const answer = async ({ id, name, given }: Call) => {
    try {
      const offered = ours[name]
      if (offered === undefined) throw new Error(`Nobody answers "${name}" here.`)
      channel.send({ line: 'reply', id, value: await offered(...given) } satisfies Reply)
    } catch (error) {
      channel.send({ line: 'reply', id, problem: describe(error) } satisfies Reply)
    }
  }
  const settle = ({ id, value, problem }: Reply) => {
    const asker = waiting.get(id)
    waiting.delete(id)
    if (problem === undefined) asker?.resolve(value)
    else asker?.reject(new Error(problem))
  }
  channel.listen(message => {
    if (isOf<Call>(message, 'call')) void answer(message)
    else if (isOf<Reply>(message, 'reply')) settle(message)
  })

  return {
    call: (name, given, timeoutMs = PATIENCE_MS) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('The other process is gone.'))
        const id = ++last
        const timer = Number.isFinite(timeoutMs)
          ? setTimeout(
              () => settle({ line: 'reply', id, problem: `No answer to "${name}" in time.` }),
              timeoutMs,
            )
          : undefined
        const settled =
          <T>(then: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer)
            then(value)
          }
        waiting.set(id, {
          resolve: settled(value => resolve(value as Awaited<ReturnType<Theirs[typeof name]>>)),
          reject: settled(reject),
        })
        channel.send({ line: 'call', id, name, given: given as never[] } satisfies Call)
      }),
    close() {
      closed = true
      for (const { reject } of waiting.values()) reject(new Error('The other process is gone.'))
      waiting.clear()
    },
  }
}

const isOf = <T extends Call | Reply>(message: unknown, line: T['line']): message is T =>
  typeof message === 'object' && message !== null && 'line' in message && message.line === line

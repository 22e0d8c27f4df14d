import type { Worker } from 'node:cluster'

type Closable = { close(): void }
type Handover = { readonly act: 'newconn'; readonly seq: number }
type Word = { readonly ack: number; readonly accepted: boolean }

/** Within this time another process has taken what one did not; or none will. */
const SOON_MS = 1_000

/**
 * Connections that a process was handed and did not take. When it dies before it could, Node goes on waiting for its
 * word, and the client for an answer: here that word is given in its place, "not taken", whereupon Node hands the
 * connection to another process. And when all are ending, nobody takes it, and Node keeps it open: it is closed.
 *
 * This listens in on messages that Node does not document. Should they ever be others, nothing is rescued, and all
 * else is as it was.
 */
export const rescueConnections = (worker: Worker): void => {
  const child = worker.process
  const untaken = new Map<number, Closable | undefined>()
  const send = child.send.bind(child) as (...given: unknown[]) => boolean
  child.send = (...given: unknown[]) => {
    const [message, handle] = given
    if (isHandover(message)) untaken.set(message.seq, isClosable(handle) ? handle : undefined)
    return send(...given)
  }
  child.on('internalMessage', message => {
    if (!isWord(message)) return
    // Where another has it by then, this is one descriptor too many of the same connection.
    if (!message.accepted) closeSoon(untaken.get(message.ack))
    untaken.delete(message.ack)
  })
  /** Only when Node itself has struck it off: until then it might be handed the connection again. */
  const rescue = () => {
    if (child.connected || (child.exitCode === null && child.signalCode === null)) return
    setImmediate(() => {
      for (const ack of untaken.keys()) {
        child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false })
      }
    })
  }
  child.once('exit', rescue)
  child.once('disconnect', rescue)
}

const closeSoon = (handle: Closable | undefined) => {
  if (handle !== undefined) setTimeout(() => handle.close(), SOON_MS)
}

const isHandover = (message: unknown): message is Handover =>
  isObject(message) && message.act === 'newconn' && typeof message.seq === 'number'

const isWord = (message: unknown): message is Word =>
  isObject(message) && typeof message.ack === 'number' && typeof message.accepted === 'boolean'

const isClosable = (value: unknown): value is Closable =>
  isObject(value) && 'close' in value && typeof value.close === 'function'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

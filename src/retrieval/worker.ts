import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { pack } from './packed.ts'
import { type Prepared, prepare } from './prepare.ts'
import { giveWay } from './priority.ts'
import type { Message, Preparation, Request } from './protocol.ts'

/**
 * What preparing left behind is several times what is kept, and an idle worker would hold it for long. Twice, because
 * native memory, such as that of the weights' file, is given back by finalizers that the first time only calls.
 */
const collectGarbage = async () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') return
  collect()
  await setImmediate()
  collect()
}

/** So few examples leave nothing behind that is worth the search for it. */
const FEW = 1_000

const leavesMuch = ({ encoder, about }: Prepared) => encoder !== undefined || about.examples > FEW

/** One thread: encoder and index. It prepares, says that it is ready, and answers one question at a time. */
const run = async (port: NonNullable<typeof parentPort>) => {
  const say = (message: Message) => port.postMessage(message)
  const prepared = await prepare(workerData as Preparation, (done, total) =>
    say({ kind: 'progress', done, total }),
  )
  if (leavesMuch(prepared)) await collectGarbage()
  const answer = async (request: Request): Promise<Message> => {
    if (request.kind === 'nearest') {
      const nearest = await prepared.nearest(request.text, request.enough)
      return { kind: 'nearest', id: request.id, packed: pack(nearest, prepared.about.tasks) }
    }
    if (prepared.encoder === undefined) {
      return { kind: 'refused', id: request.id, message: 'the encoder is not loaded' }
    }
    return { kind: 'embedded', id: request.id, vector: await prepared.encoder.encode(request.text) }
  }
  const refuse = ({ id }: Request, error: unknown) =>
    say({ kind: 'refused', id, message: error instanceof Error ? error.message : String(error) })
  // The next is not begun before: it would be in the way of the one that came first.
  let working: Promise<void> = Promise.resolve()
  port.on('message', (request: Request) => {
    working = working.then(() => answer(request)).then(say, (error: unknown) => refuse(request, error))
  })
  say({ kind: 'ready', about: prepared.about })
}

if (parentPort !== null) {
  giveWay()
  const port = parentPort
  run(port).catch((error: unknown) => {
    const message: Message = {
      kind: 'failed',
      message: error instanceof Error ? error.message : String(error),
    }
    port.postMessage(message)
  })
}

import { GatewayError } from '../errors.ts'
import type { Flow } from './flow.ts'
import { createWatch } from './watch.ts'

/**
 * Limits the silence between two chunks of a flow. Only the time in which a chunk is waited for counts: a reader that
 * takes its time is no fault of the source.
 */
export const idle = (source: Flow, idleMs: number, what: string): Flow => {
  let silent: () => void = () => undefined
  const watch = createWatch(idleMs, () => {
    watch.stop()
    source.stop()
    silent()
  })
  return {
    to(sink) {
      silent = () =>
        sink.fail(new GatewayError('expert_timeout', `${what} fell silent for ${idleMs / 1000} s.`))
      watch.wait()
      source.to({
        data(bytes) {
          watch.wait()
          sink.data(bytes)
        },
        end() {
          watch.stop()
          sink.end()
        },
        fail(error) {
          watch.stop()
          sink.fail(error)
        },
      })
    },
    pause() {
      watch.rest()
      source.pause()
    },
    resume() {
      watch.wait()
      source.resume()
    },
    stop() {
      watch.stop()
      source.stop()
    },
  }
}

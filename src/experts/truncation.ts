import { GatewayError } from '../errors.ts'
import type { Flow } from '../resilience/flow.ts'
import type { Endpoint } from './expert.ts'
import type { Tail } from './tail.ts'

/** Some servers leave out `[DONE]`, some the reason. Of a quoted answer the quotes would stand escaped. */
const DONE = /[\r\n]data: ?\[DONE\]/
const FINISHED = new RegExp(`${DONE.source}|"finish_reason"\\s*:\\s*"[^"]`)

/**
 * A stream that fails at its end when that is no end: an expert whose process is killed behind a proxy may close
 * its stream as cleanly as one that is done. Who has said `[DONE]` may close as badly as it likes: the client has its
 * answer.
 */
export const untilFinished = (
  { what, endpoint }: { what: string; endpoint: Endpoint },
  source: Flow,
  tail: Tail,
): Flow => {
  const counts = endpoint === 'chat/completions' || endpoint === 'completions'
  return {
    to: sink =>
      source.to({
        data(bytes) {
          tail.add(bytes)
          sink.data(bytes)
        },
        end() {
          if (!counts || FINISHED.test(tail.text())) sink.end()
          else
            sink.fail(
              new GatewayError('expert_truncated', `${what} ended its stream in the middle of its answer.`),
            )
        },
        fail(error) {
          if (counts && DONE.test(tail.text())) sink.end()
          else sink.fail(error)
        },
      }),
    pause: source.pause,
    resume: source.resume,
    stop: source.stop,
  }
}

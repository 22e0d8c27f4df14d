import { GatewayError } from '../errors.ts'

/** A task's name takes a line; a model that thinks aloud before it, some pages. */
const MAX_BYTES = 1024 * 1024

/** The SDK reads a body to its end, however long: an endpoint that never ends would fill the memory by its deadline. */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (response.body === null) return response
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(upTo(MAX_BYTES)), { status, statusText, headers })
}

const upTo = (max: number) => {
  let size = 0
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length
      if (size <= max) controller.enqueue(chunk)
      else
        controller.error(new GatewayError('expert_invalid_response', 'The classifier answered without end.'))
    },
  })
}

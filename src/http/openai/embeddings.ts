import { GatewayError } from '../../errors.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import type { EmbeddingsRequest } from './schema.ts'

/** The name under which the local encoder answers. */
export const MODEL_NAME = 'all-minilm-l6-v2'
const DIMENSIONS = 384

/** Without its weights the encoder's name is no model of this gateway. */
export const hasEncoder = ({ retriever }: Snapshot) => retriever.about.encoder === 'minilm'

/** OpenAI's embeddings by the local encoder. */
export const embedLocally = async (
  snapshot: Snapshot,
  request: EmbeddingsRequest,
  { signal, client }: { readonly signal: AbortSignal; readonly client: string },
) => {
  const texts = typeof request.input === 'string' ? [request.input] : request.input
  if (!isTexts(texts)) throw badInput('send text; this encoder does not take token numbers')
  if (texts.includes('')) throw badInput('must not be empty')
  if (request.dimensions !== null && request.dimensions !== undefined && request.dimensions !== DIMENSIONS) {
    throw new GatewayError(
      'invalid_request',
      `dimensions: ${MODEL_NAME} has ${DIMENSIONS} and no other number`,
      {
        param: 'dimensions',
      },
    )
  }
  const data = []
  for (const [index, text] of texts.entries()) {
    const vector = await snapshot.retriever.embed(text, signal, client)
    const embedding = request.encoding_format === 'base64' ? base64(vector) : Array.from(vector)
    data.push({ object: 'embedding', index, embedding })
  }
  return { object: 'list', data, model: MODEL_NAME, usage: { prompt_tokens: 0, total_tokens: 0 } }
}

const isTexts = (input: readonly unknown[]): input is string[] =>
  input.every(item => typeof item === 'string')

const badInput = (message: string) =>
  new GatewayError('invalid_request', `input: ${message}`, { param: 'input' })

const base64 = (vector: Float32Array) =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')

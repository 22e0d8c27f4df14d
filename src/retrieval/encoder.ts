import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { middleOut } from './text.ts'
import { createTokens } from './tokens.ts'

const MODEL = 'Xenova/all-MiniLM-L6-v2'
export const DIMENSIONS = 384

/** The model reads this many tokens; of a longer text what matters stands at the beginning and the end. */
const MAX_TOKENS = 256
/** Beyond this a text is cut before it is split into tokens, so that a 200 kB log costs what a page does. */
const MAX_CHARS = 4_000

/**
 * One thread: workers share the cores. Adding and normalising in one step takes this runtime four times as long as in
 * two, and a sixth of all its time.
 */
const SESSION = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { optimization: { disable_specified_optimizers: 'SkipLayerNormFusion' } },
}

export type Encoder = {
  /** Changes when the weights do, so that vectors of another model are never mixed in. */
  readonly id: string
  /** One text a call: batching changes the vectors of this quantised model and gains little. */
  encode(text: string): Promise<Float32Array>
}

/** The library is heavier than all else a worker loads: only who encodes pays for it. */
export const loadEncoder = async (modelsPath: string): Promise<Encoder> => {
  const { AutoModel, AutoTokenizer, env, Tensor } = await import('@xenova/transformers')
  env.localModelPath = modelsPath
  env.allowRemoteModels = false
  const id = await weightsId(modelsPath)
  const tokenizer = await AutoTokenizer.from_pretrained(MODEL)
  // BERT's splits at spaces before all else: a text's tokens are its words'.
  const tokensOf = createTokens(word => tokenizer.encode(word, { add_special_tokens: false }))
  // What stands around every text.
  const [first, last] = tokenizer.encode('') as [number, number]
  const model = await AutoModel.from_pretrained(MODEL, { dtype: 'q8', session_options: SESSION })
  return {
    id,
    async encode(text) {
      const ids = shortened([first, ...tokensOf(middleOut(text, MAX_CHARS)), last])
      const row = (values: BigInt64Array) => new Tensor('int64', values, [1, ids.length])
      const { last_hidden_state } = await model({
        input_ids: row(ids),
        attention_mask: row(new BigInt64Array(ids.length).fill(1n)),
        token_type_ids: row(new BigInt64Array(ids.length)),
      })
      return normalisedMean(last_hidden_state.data as Float32Array, ids.length)
    },
  }
}

const weightsId = async (modelsPath: string) => {
  const weights = await readFile(resolve(modelsPath, MODEL, 'onnx/model_quantized.onnx'))
  return `minilm-${createHash('sha256').update(weights).digest('hex').slice(0, 12)}`
}

const shortened = (ids: readonly number[]): BigInt64Array => {
  const half = MAX_TOKENS / 2
  const kept = ids.length <= MAX_TOKENS ? ids : [...ids.slice(0, half), ...ids.slice(-half)]
  return BigInt64Array.from(kept, BigInt)
}

/** Mean over the tokens, scaled to length 1: similarity is then the inner product. */
const normalisedMean = (hidden: Float32Array, tokens: number): Float32Array => {
  const mean = new Float32Array(DIMENSIONS)
  for (let token = 0, at = 0; token < tokens; token++)
    for (let i = 0; i < DIMENSIONS; i++) mean[i]! += hidden[at++]!
  return normalise(mean)
}

export const normalise = (vector: Float32Array): Float32Array => {
  let square = 0
  for (const value of vector) square += value * value
  const length = Math.sqrt(square) || 1
  return vector.map(value => value / length)
}

import { join } from 'node:path'
import { AutoTokenizer, env } from '@xenova/transformers'
import { expect, test } from 'vitest'
import { createTokens } from '../../src/retrieval/tokens.ts'
import { root } from '../support/gateway.ts'

test("a text's tokens are those that the library finds in the whole of it, in any script", async () => {
  env.localModelPath = join(root, 'models')
  env.allowRemoteModels = false
  const tokenizer = await AutoTokenizer.from_pretrained('Xenova/all-MiniLM-L6-v2')
  const tokensOf = createTokens(word => tokenizer.encode(word, { add_special_tokens: false }))
  const texts = [
    '',
    ' my pod restarts  with exit code 137,\tOOMKilled \r\n',
    'naïve\u00a0café\u3000x, e\u0301 \u0301x',
    'ΟΔΟΣ Σ ΑΣ. ﬁ İstanbul \ud800 lone',
    'a\u0000b\u200bc\ufeffd \ufeff e',
    '[SEP]a[CLS] b [MASK]c',
    `${'x'.repeat(300)} y`,
    '我的 pod重启了\u3000吗？ 🙂🙂',
  ]
  for (const text of [...texts, ...texts]) {
    const [, ...whole] = tokenizer.encode(text)
    expect(tokensOf(text)).toEqual(whole.slice(0, -1))
  }
})

test('a word is split once, however often it comes; what is too long to come again is not kept', () => {
  const asked: string[] = []
  const tokensOf = createTokens(word => {
    asked.push(word)
    return [word.length]
  })
  const hash = 'f'.repeat(64)
  expect(tokensOf(`pod pod ${hash}`)).toEqual([3, 3, 64])
  expect(tokensOf(`pod ${hash}`)).toEqual([3, 64])
  expect(asked).toEqual(['pod', hash, hash])
})

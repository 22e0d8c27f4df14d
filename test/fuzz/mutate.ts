import fc from 'fast-check'

/** One change of a text or of bytes, at a place given as a share of its length. */
export type Change = { readonly at: number; readonly length: number; readonly put: Buffer }

const share = fc.double({ min: 0, max: 1, noNaN: true })

export const changes = (interesting: readonly string[], max = 4): fc.Arbitrary<Change[]> =>
  fc.array(
    fc.record({
      at: share,
      length: fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, fc.nat(400)),
      put: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...interesting).map(text => Buffer.from(text, 'latin1')) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes)) },
      ),
    }),
    { minLength: 1, maxLength: max },
  )

export const changed = (bytes: Buffer, wanted: readonly Change[]): Buffer =>
  wanted.reduce((rest, { at, length, put }) => {
    const from = Math.floor(at * rest.length)
    return Buffer.concat([rest.subarray(0, from), put, rest.subarray(from + length)])
  }, bytes)

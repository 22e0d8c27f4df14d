import fc from 'fast-check'

/** Another one each time; `FUZZ_SEED=…` runs the same cases again. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000)
process.stdout.write(`FUZZ_SEED=${seed}\n`)
fc.configureGlobal({ seed })

/** Whatever was sent, there is an end to it. */
export const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

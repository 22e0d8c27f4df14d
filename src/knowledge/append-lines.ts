import { readFile } from 'node:fs/promises'
import { fingerprint, replaceFile } from './replace-file.ts'

const TRIES = 5

/** Puts lines at the end of a file at once: whoever reads it sees none or all, and what others wrote stays. */
export const appendLines = async (file: string, lines: readonly string[]): Promise<void> => {
  for (let tries = 0; tries < TRIES; tries++) {
    const expected = { fingerprint: await fingerprint(file) }
    const before = expected.fingerprint === undefined ? '' : await readFile(file, 'utf8')
    const gap = before === '' || before.endsWith('\n') ? '' : '\n'
    const text = `${before}${gap}${lines.map(line => `${line}\n`).join('')}`
    if ((await replaceFile(file, text, { expected })) === 'written') return
  }
  throw new Error(`${file} changes all the time: nothing was added to it.`)
}

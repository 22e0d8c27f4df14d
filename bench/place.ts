import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The compiled files lie in `bench/.built`. */
export const benchPath = fileURLToPath(new URL('..', import.meta.url))
export const rootPath = fileURLToPath(new URL('../..', import.meta.url))
export const built = (name: string) => join(benchPath, '.built', name)

/** Whatever a run writes for those that it starts. Gone with the process. */
export const scratch = mkdtempSync(join(tmpdir(), 'coe-bench-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

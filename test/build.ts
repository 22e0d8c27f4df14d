import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (...command: string[]) => execFileSync(process.execPath, command, { cwd: root, stdio: 'inherit' })

/** Compiles src/ and builds the console before any test: worker threads and whole-gateway tests run the compiled files. */
export default () => {
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')
  run('node_modules/vite/bin/vite.js', 'build', 'console', '--logLevel', 'warn')
  // Whatever a test leaves in its temporary folder goes with this one.
  const scratch = mkdtempSync(join(tmpdir(), 'coe-tests-'))
  process.env.TMPDIR = scratch
  return () => rmSync(scratch, { recursive: true, force: true })
}

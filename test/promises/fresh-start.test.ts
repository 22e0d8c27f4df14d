import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, json, root } from '../support/gateway.ts'

/** What git tracks or would track; where there is no git, all that is not made here. */
const delivered = async (): Promise<string[]> => {
  try {
    const asked = ['ls-files', '--cached', '--others', '--exclude-standard']
    const files = execFileSync('git', asked, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return files.split('\n').filter(file => file !== '' && !file.startsWith('test/'))
  } catch {
    return (await readdir(root)).filter(name => !/^(\..*|node_modules|dist|coverage|test)$/.test(name))
  }
}

/** The repository as a newcomer gets it, in an empty folder. */
const newcomer = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coe-fresh-'))
  for (const file of await delivered()) await cp(join(root, file), join(folder, file), { recursive: true })
  // Installing is what `npm ci` does, and needs the network; everything after it happens here.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

const serve = async (folder: string) => {
  const began = performance.now()
  const child = spawn(process.execPath, ['dist/main.js', 'serve', '--port', '0'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  })
  let out = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', data => {
      out += data
      const found = /listens on (http:\S+)\/v1/.exec(out)?.[1]
      if (found !== undefined && out.includes('Try:')) resolve(found)
    })
    child.once('exit', code => reject(new Error(`ended with ${code}`)))
  })
  return { child, url, out, ms: performance.now() - began, ended: once(child, 'exit') }
}

test('a fresh copy builds, starts, routes by the shipped model and context, and starts again without encoding', async () => {
  const folder = await newcomer()
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: folder })
    const first = await serve(folder)
    expect(first.out).toMatch(/13 tasks, 1 expert \(/)
    expect(first.out).toMatch(/encoder +all-MiniLM-L6-v2/)
    const answer = (content: string) =>
      json(
        fetch(`${first.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(ask(content)),
        }),
      )
    const answered = await answer('my pod restarts with exit code 137')
    expect(answered.coe.task).toBe('operate')
    // The number is what was asked about: 139 is another runbook.
    expect(answered.choices[0].message.content).toMatch(/^Source: \S*runbooks\/operate\/exit-code-137\.md$/m)
    expect((await answer('write a poem about autumn leaves')).coe.task).toBe('unknown')
    first.child.kill('SIGTERM')
    await first.ended

    const second = await serve(folder)
    expect(second.out).toMatch(/ 0 of them encoded now/)
    second.child.kill('SIGTERM')
    await second.ended
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 600_000)

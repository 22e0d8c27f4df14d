import { gunzipSync } from 'node:zlib'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { consolePages, readConsole } from '../../src/http/console.ts'
import { mapOf, startGateway } from '../support/gateway.ts'

const runbook = mapOf({ runbook: { builtin: 'runbook' } })

/** Everything the page loads before anybody has shown a key. */
const assetsOf = (html: string) =>
  [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path ?? '')

test('the console is served without a key, and nothing else may be loaded into it', async () => {
  await using gateway = await startGateway(runbook, { COE_ADMIN_KEY: 'planted-admin-key' })
  const response = await fetch(`${gateway.url}/console`)
  expect([response.status, new URL(response.url).pathname]).toEqual([200, '/console/'])
  const policy = response.headers.get('content-security-policy') ?? ''
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
    ]),
  )
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  const html = await response.text()
  expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|https?:\/\//)
  expect(gateway.logged.filter(line => line.includes('"answered"'))).toEqual([])
})

test('what the page is made of may be kept for ever, and is at most 150 kB of script', async () => {
  await using gateway = await startGateway(runbook)
  const assets = assetsOf(await (await fetch(`${gateway.url}/console/`)).text())
  expect(assets.length).toBeGreaterThanOrEqual(3)
  for (const path of assets) {
    const response = await fetch(`${gateway.url}/console/${path}`)
    expect([path, response.status, response.headers.get('cache-control')]).toEqual([
      path,
      200,
      'public, max-age=31536000, immutable',
    ])
    await response.arrayBuffer()
  }
  const files = await readConsole()
  const scripts = [...files].filter(([path]) => path.endsWith('.js'))
  expect(scripts.reduce((sum, [, { gzipped }]) => sum + gzipped.length, 0)).toBeLessThan(150_000)
})

test('a file is sent compressed to who takes it, and not again to who has it', async () => {
  const app = fastify()
  await consolePages(app, await readConsole())
  const plain = await app.inject({ url: '/console/', headers: { 'accept-encoding': 'identity' } })
  const small = await app.inject({ url: '/console/', headers: { 'accept-encoding': 'br, gzip' } })
  expect(small.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(small.rawPayload).toString()).toBe(plain.payload)
  const again = await app.inject({
    url: '/console/',
    headers: { 'if-none-match': String(plain.headers.etag) },
  })
  expect([again.statusCode, again.payload]).toEqual([304, ''])
})

test('nothing beside the console’s own files is read, however the path is written', async () => {
  await using gateway = await startGateway(runbook)
  const { hostname, port } = new URL(gateway.url)
  const { request } = await import('node:http')
  // Not with fetch, which tidies a path before it is sent.
  const statusOf = (path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ hostname, port, path }, response => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
  for (const path of [
    '/console/../package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/%2e%2e/%2e%2e/package.json',
    '/console/assets/../../main.js',
    '/console//etc/passwd',
    '/console/..\\main.js',
    '/console/index.html%00.js',
    '/console/__proto__',
    '/console/.vite/manifest.json',
  ]) {
    expect([path, await statusOf(path)]).toEqual([path, 404])
  }
})

test('a gateway whose console was not built says what to do, and that is all that is missing', async () => {
  const app = fastify()
  await consolePages(app, await readConsole('/nowhere/at/all'))
  const response = await app.inject('/console/')
  expect(response.payload).toContain('npm run build')
})

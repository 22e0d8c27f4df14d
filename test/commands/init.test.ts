import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { check } from '../../src/commands/check.ts'
import { type Command, parseCommand } from '../../src/commands/command.ts'
import { init } from '../../src/commands/init.ts'
import { rank } from '../../src/commands/rank.ts'
import { completion } from '../support/exam.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coe-init-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = async (command: Command, args: string[], environment: Record<string, string> = {}) => {
  const [printed, complained]: [string[], string[]] = [[], []]
  const { values, words } = parseCommand(command, args)
  const code = await command.run({
    values,
    words,
    environment: { COE_DATA: join(folder, 'data'), ...environment },
    print: text => printed.push(text),
    complain: text => complained.push(text),
  })
  return { code, text: printed.join('\n'), complained: complained.join('\n') }
}

const endpoint = async (listener: RequestListener) => {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const offers =
  (...models: string[]): RequestListener =>
  (request, response) => {
    request.resume()
    if (request.url === '/v1/models')
      response.end(JSON.stringify({ object: 'list', data: models.map(id => ({ id })) }))
    else if (request.url === '/v1/chat/completions')
      response.setHeader('content-type', 'application/json').end(completion('The answer is (A).'))
    else response.writeHead(404).end('{}')
  }

test('without an endpoint there is a map that can be served at once, with a place for an expert', async () => {
  const { code, text } = await run(init, ['--out', folder])
  expect(code).toBe(0)
  expect(text).toContain(`coe-ops serve ${folder}/map.yaml`)
  expect((await run(check, [join(folder, 'map.yaml')])).text).toMatch(
    /fine\. 13 tasks, 1 expert, .* 0 warnings/,
  )
})

test('models of each endpoint become experts, which can be checked and measured at once', async () => {
  const keys: (string | undefined)[] = []
  await using one = await endpoint((request, response) => {
    keys.push(request.headers.authorization)
    offers('acme/Big Model:70b', 'text-embedding-3-small', 'tiny')(request, response)
  })
  await using two = await endpoint(offers('tiny'))
  const made = await run(
    init,
    ['--experts', `${one.url}/v1,${two.url}`, '--key-env', 'MY_KEY', '--out', folder],
    {
      MY_KEY: 'sk-mine',
    },
  )
  expect([made.code, keys]).toEqual([0, ['Bearer sk-mine']])
  expect(made.complained).toContain('1 of 3 models are left out')
  const path = join(folder, 'map.yaml')
  const text = await readFile(path, 'utf8')
  expect(text).not.toContain('sk-mine')
  const { experts } = parse(text)
  expect(Object.keys(experts)).toEqual(['big-model-70b', 'tiny', 'tiny-2', 'runbook'])
  expect(experts['big-model-70b']).toMatchObject({ model: 'acme/Big Model:70b', key: '${MY_KEY:-}' })
  expect(experts['tiny-2'].url).toBe(`${two.url}/v1`)
  expect((await run(check, [path])).code).toBe(0)
  const ranked = await run(rank, [
    '--map',
    path,
    '--questions',
    join(folder, 'questions.jsonl'),
    '--unpin',
    '--json',
  ])
  expect(ranked.code).toBe(0)
  expect(JSON.parse(ranked.text).experts.tiny).toMatchObject({ n: 13, unreadable: 0 })
  expect((await run(check, [path])).code).toBe(0)
  const measured = parse(await readFile(path, 'utf8'))
  expect(measured.tasks.build.experts).toBeUndefined()
  expect(measured.ranking.build.experts).toContain('tiny-2')
})

test('an endpoint that fails is named, the others go on; when none is left nothing is written', async () => {
  await using good = await endpoint(offers('tiny'))
  await using locked = await endpoint((_request, response) => void response.writeHead(401).end('{}'))
  await using strange = await endpoint((_request, response) => void response.end('<html>'))
  await using gone = await endpoint(offers())
  const gonePort = gone.url
  await gone[Symbol.asyncDispose]().catch(() => undefined)
  const urls = [locked.url, strange.url, gonePort, good.url].map(url => `${url}/v1`).join(',')
  const { code, complained } = await run(init, ['--experts', urls, '--out', folder])
  expect(code).toBe(1)
  expect(complained).toContain(`${locked.url}/v1: answered 401 to GET /models (its key is missing or wrong).`)
  expect(complained).toContain(`${strange.url}/v1: answered something that is no JSON.`)
  expect(complained).toContain(`${gonePort}/v1: connect ECONNREFUSED`)
  expect(Object.keys(parse(await readFile(join(folder, 'map.yaml'), 'utf8')).experts)).toEqual([
    'tiny',
    'runbook',
  ])
  const other = join(folder, 'other')
  expect((await run(init, ['--experts', `${locked.url}/v1`, '--out', other])).code).toBe(1)
  expect(await readdir(folder)).not.toContain('other')
})

test('nothing is written over; what is there already, as it would be written, is left', async () => {
  await run(init, ['--out', folder])
  expect((await run(init, ['--out', folder])).code).toBe(0)
  await writeFile(join(folder, 'map.yaml'), 'name: mine\n')
  await rm(join(folder, 'questions.jsonl'))
  await expect(run(init, ['--out', folder])).rejects.toThrow(
    /Nothing was written: .*map\.yaml would be written over/,
  )
  expect(await readFile(join(folder, 'map.yaml'), 'utf8')).toBe('name: mine\n')
  expect(await readdir(folder)).not.toContain('questions.jsonl')
})

test('a model whose name would be more than a name in the file is left out', async () => {
  const hostile = ['${AWS_SECRET}', 'a"\n  evil: {}', 'x\\', 'fine: yes # no', 'ok\u202e']
  await using one = await endpoint(offers(...hostile))
  const { code } = await run(init, ['--experts', `${one.url}/v1`, '--out', folder], { AWS_SECRET: 'leaked' })
  const { experts } = parse(await readFile(join(folder, 'map.yaml'), 'utf8'))
  expect([code, Object.keys(experts)]).toEqual([0, ['fine-yes-no', 'runbook']])
  expect(experts['fine-yes-no'].model).toBe('fine: yes # no')
})

test('of hundreds of models so many are used as can be chosen, the rest stands ready in comments', async () => {
  await using one = await endpoint(offers(...Array.from({ length: 130 }, (_, i) => `model-${i}`)))
  await run(init, ['--experts', `${one.url}/v1`, '--out', folder])
  const text = await readFile(join(folder, 'map.yaml'), 'utf8')
  expect(Object.keys(parse(text).experts)).toHaveLength(15)
  expect(text).toContain('  # model-14:\n  #   url:')
  expect(text).toContain('  # and 16 more')
})

test.each([
  [['--experts', 'localhost:1'], '--experts takes addresses'],
  [['--experts', 'http://me:secret@host/v1'], 'give the key by --key-env'],
  [
    ['--experts', 'http://a/v1', '--key-env', 'sk-123'],
    'takes the name of an environment variable, not the key',
  ],
  [['--experts', 'http://a/v1', '--key-env', 'A,B'], 'one name for all endpoints, or one for each'],
])('%j is refused', async (args, message) => {
  await expect(run(init, args)).rejects.toThrow(message)
})

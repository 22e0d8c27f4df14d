import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled } from './expert.ts'
import { benchPath, scratch } from './place.ts'
import type { Subject } from './subjects.ts'

export type Load = {
  readonly connections: number
  readonly seconds: number
  /** The request's body; `@@@@` in it becomes words that no other request has. */
  readonly body: string
  /** How long a connection rests before its next request; by autocannon it does not. */
  readonly pauseMs?: number
}

export type Figures = {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Anything but a whole answer of status 200. */
  readonly errors: number
}

const run = promisify(execFile)
export const UNIQUE = '@@@@'

/** One load generator for all: wrk, which takes least from what is measured, else autocannon. */
export const generator: 'wrk' | 'autocannon' = isInstalled('wrk') ? 'wrk' : 'autocannon'

export const loadWith = (subject: Subject, load: Load): Promise<Figures> =>
  generator === 'wrk' ? byWrk(subject, load) : byAutocannon(subject, load)

const target = ({ url }: Subject) => `${url}/v1/chat/completions`
let written = 0

const byWrk = async (subject: Subject, load: Load): Promise<Figures> => {
  const scriptPath = join(scratch, `wrk-${written++}.lua`)
  const { connections, seconds } = load
  writeFileSync(scriptPath, scriptFor(subject, load))
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '30s',
    '-s',
    scriptPath,
    target(subject),
  ]
  const { stdout } = await run('wrk', args, { timeout: (seconds + 60) * 1_000, maxBuffer: 1 << 24 })
  const figures = /^FIGURES (.+)$/m.exec(stdout)?.[1]
  if (figures === undefined) throw new Error(`wrk said nothing of use:\n${stdout}`)
  return JSON.parse(figures) as Figures
}

const scriptFor = (subject: Subject, { body, pauseMs }: Load) => {
  const bodyPath = join(scratch, `body-${written}.json`)
  writeFileSync(bodyPath, body)
  return `
wrk.method = "POST"
${Object.entries(subject.headers)
  .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  .join('\n')}
local file = io.open(${JSON.stringify(bodyPath)}, "rb")
wrk.body = file:read("*a")
file:close()
${body.includes(UNIQUE) ? uniqueWords : ''}
${pauseMs === undefined ? '' : `delay = function() return ${pauseMs} end`}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('FIGURES {"perSecond":%.3f,"p50":%.4f,"p99":%.4f,"errors":%d}\\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.status + e.connect + e.read + e.write + e.timeout))
end
`
}

/** Consonants and vowels by chance: words that look like names of services, never twice the same. */
const uniqueWords = `
math.randomseed(os.time() + ${Math.floor(Math.random() * 1e6)})
local before, after = wrk.body:match("^(.-)${UNIQUE}(.*)$")
local count = 0
request = function()
  count = count + 1
  local word = {}
  for i = 1, 4 do
    local c, v = math.random(1, 14), math.random(1, 5)
    word[i] = ("bdfgklmnprstvz"):sub(c, c) .. ("aeiou"):sub(v, v)
  end
  return wrk.format(nil, nil, nil, before .. table.concat(word) .. count .. after)
end
`

/** Its bodies for different requests carry its own id. */
const byAutocannon = async (subject: Subject, { connections, seconds, body }: Load): Promise<Figures> => {
  const cli = join(benchPath, 'node_modules/autocannon/autocannon.js')
  const headers = Object.entries(subject.headers).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const bodyPath = join(scratch, `body-${written++}.json`)
  writeFileSync(bodyPath, body.replace(UNIQUE, '[<id>]'))
  const unique = body.includes(UNIQUE) ? ['-I'] : []
  const args = [cli, '-j', '-m', 'POST', '-c', `${connections}`, '-d', `${seconds}`, '-t', '30', ...headers]
  const { stdout } = await run(process.execPath, [...args, ...unique, '-i', bodyPath, target(subject)], {
    timeout: (seconds + 60) * 1_000,
    maxBuffer: 1 << 24,
  })
  const { requests, latency, errors, non2xx } = JSON.parse(stdout)
  return { perSecond: requests.average, p50: latency.p50, p99: latency.p99, errors: errors + non2xx }
}

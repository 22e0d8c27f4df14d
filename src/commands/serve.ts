import { once } from 'node:events'
import type { Logger } from 'pino'
import { type Config, ConfigError, loadConfig, variables } from '../config.ts'
import { describe } from '../errors.ts'
import { exposureProblem } from '../http/access/exposure.ts'
import { formatProblem } from '../knowledge/problem.ts'
import { createLog, flushLog } from '../observe/log.ts'
import { joinSiblings, MEMBER_OF, type Member } from '../processes/member.ts'
import { outcomeOf } from '../retrieval/thresholds.ts'
import type { Serving } from '../routing/serving.ts'
import { type Gateway, wire } from '../wire.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { endOnCrash } from './crash.ts'
import { tuneHeaps } from './heap.ts'
import { encodingProgress } from './progress.ts'
import { serveWithProcesses } from './serve-processes.ts'

/** How long a shutdown waits for what is running. */
export const GRACE_MS = 30_000

export const serve: Command = {
  usage: 'coe-ops serve [MAP] [--port N] [--host ADDRESS] [--processes N] [--insecure]',
  examples: [
    'coe-ops serve',
    'coe-ops serve mappings/devops-lifecycle.yaml --port 9000',
    'coe-ops serve --processes 4',
    'OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=llama3.1 coe-ops serve',
  ],
  options: {
    port: { type: 'string', help: 'port to listen on; 0 takes a free one (PORT)' },
    host: { type: 'string', help: 'address to listen on (HOST)' },
    processes: { type: 'string', help: 'processes that share the port (COE_PROCESSES)' },
    insecure: { type: 'boolean', help: 'let everybody in, wherever they come from (COE_INSECURE)' },
  },
  after: () =>
    `Environment:\n${variables
      .map(([name, fallback, meaning]) => `  ${name.padEnd(18)} ${meaning}${fallback && ` [${fallback}]`}`)
      .join('\n')}`,
  async run({ values, words, environment, print, complain }) {
    if (words.length > 1) throw new UsageError('serve takes one map.')
    const config = loadConfig({
      ...environment,
      ...(words[0] === undefined ? {} : { COE_MAP: words[0] }),
      ...(values.port === undefined ? {} : { PORT: String(values.port) }),
      ...(values.host === undefined ? {} : { HOST: String(values.host) }),
      ...(values.processes === undefined ? {} : { COE_PROCESSES: String(values.processes) }),
      ...(values.insecure === true ? { COE_INSECURE: 'true' } : {}),
    })
    const log = createLog(config.logLevel)
    const memberOf = environment[MEMBER_OF]
    if (memberOf === undefined && config.processes > 1) {
      endOnCrash(complain, log)
      return await serveWithProcesses({ processes: config.processes, log, print, complain }).finally(() =>
        flushLog(log),
      )
    }
    const member = memberOf === undefined ? undefined : joinSiblings(Number(memberOf))
    // As long as it is one of several, it lives.
    return await serveHere(config, { log, member, print, complain }).finally(async () => {
      await flushLog(log)
      member?.leave()
    })
  },
}

type Surroundings = Pick<Invocation, 'print' | 'complain'> & {
  readonly log: Logger
  readonly member: Member | undefined
}

const serveHere = async (config: Config, { log, member, print, complain }: Surroundings): Promise<number> => {
  const progress = encodingProgress(log, complain)
  let gateway: Gateway | undefined
  tuneHeaps()
  endOnCrash(complain, log)
  // From the first moment on: unhandled, the signal would end a process that is still preparing.
  const reload = () => void gateway?.reload().catch(() => undefined)
  process.on('SIGHUP', reload)
  member?.onReload(reload)
  gateway = await wire(config, log, {
    onProgress: progress.show,
    objection: map => exposureProblem(config, map.access),
    siblings: member,
  }).finally(progress.started)
  try {
    await gateway.app.listen({ port: config.port, host: config.host })
  } catch (error) {
    await gateway.close()
    throw new ConfigError(listenProblem(error, config))
  }
  const lines = banner(gateway, config)
  if (member === undefined) for (const line of lines) print(line)
  else member.ready(lines)
  await (member === undefined ? shutdown(gateway, complain) : finish(gateway, member))
  return 0
}

const listenProblem = (error: unknown, { host, port }: Config): string => {
  const code = (error as { code?: unknown }).code
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is taken. Set another one: PORT=8081, or --port 8081.`
  if (code === 'EACCES') return `Port ${port} needs more rights than this user has. Set one above 1023.`
  return `Cannot listen on ${host}:${port}: ${describe(error)}`
}

const banner = (gateway: Gateway, config: Config): string[] => {
  const { snapshot } = gateway.live.current()
  const address = gateway.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  const url = `http://${host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host}:${port}`
  const keys = config.apiKeys.length + Object.keys(snapshot.map.access ?? {}).length
  const key = keys > 0 ? ' -H "authorization: Bearer $KEY"' : ''
  const body = '{"model":"auto","messages":[{"role":"user","content":"my pod restarts with exit code 137"}]}'
  return [
    `coe-ops listens on ${url}/v1${keys > 0 ? ` (${keys} ${keys === 1 ? 'key' : 'keys'})` : ''}`,
    ...(exposureProblem({ ...config, insecure: false }, snapshot.map.access) === undefined
      ? []
      : [`  !! everybody who can reach ${config.host} is let in: there are no keys`]),
    ...describeServing({ snapshot }).map(line => `  ${line}`),
    ...(config.adminKey === undefined ? [] : [`  console    ${url}/console`]),
    ...snapshot.warnings.map(problem => `  ${formatProblem(problem)}`),
    'Try:',
    `  curl -s ${url}/v1/chat/completions${key} -H "content-type: application/json" -d '${body}'`,
  ]
}

export const describeServing = ({ snapshot }: Pick<Serving, 'snapshot'>): string[] => {
  const { map, retriever, version, threshold } = snapshot
  const { encoder, encoderProblem, index, indexBecause, encoded, examples, preparedMs, dataProblem } =
    retriever.about
  const percent = map.neighbours.allowedError * 100
  const alone = decidedAlone(snapshot)
  return [
    `map        ${map.name} (snapshot ${version}): ${counted(map.tasks.size, 'task')}, ${counted(map.experts.size, 'expert')} (${[...map.experts.keys()].join(', ')})`,
    `context    ${examples} examples, ${encoded} of them encoded now, ready in ${(preparedMs / 1000).toFixed(1)} s`,
    `encoder    ${encoder === 'minilm' ? 'all-MiniLM-L6-v2' : 'lexical only'}${encoderProblem === undefined ? '' : `  !! ${encoderProblem}`}`,
    ...(dataProblem === undefined
      ? []
      : [`data       !! vectors are not kept, each start encodes again: ${dataProblem}`]),
    `index      ${index}${indexBecause === undefined ? '' : ` (${indexBecause})`}`,
    threshold === undefined
      ? `neighbours never decide alone: too few examples to promise at most ${percent} % wrong`
      : `neighbours decide alone what is ahead by ${threshold.toFixed(2)}: ${alone.decided} % of such questions, at most ${percent} % of them wrong; ${alone.byWords} % by their words, without the encoder`,
    `classifier ${map.classifier === undefined ? 'none: set OPENAI_API_KEY or OPENAI_BASE_URL, or name one in the map' : `${map.classifier.expert}, ${map.classifier.use}`}`,
  ]
}

/** Shares of the context's own questions, in per cent. */
const decidedAlone = ({ retriever, threshold, wordsThreshold }: Serving['snapshot']) => {
  const { judged } = retriever.about
  const { decided, byWords } = outcomeOf(judged, { whole: threshold, words: wordsThreshold })
  const share = (count: number) => Math.round((100 * count) / judged.length)
  return { decided: share(decided), byWords: share(byWords) }
}

/** Stops accepting, finishes what runs, ends. A second signal ends at once. */
const shutdown = async (gateway: Gateway, complain: (line: string) => void) => {
  const signal = await stopSignal()
  complain(`${signal}: finishing what runs; once more ends at once.`)
  const exit = () => process.exit(130)
  process.once('SIGINT', exit)
  process.once('SIGTERM', exit)
  const timer = setTimeout(exit, GRACE_MS)
  await gateway.close()
  clearTimeout(timer)
  process.removeListener('SIGINT', exit)
  process.removeListener('SIGTERM', exit)
}

export const stopSignal = (): Promise<string> =>
  Promise.race(['SIGTERM', 'SIGINT'].map(signal => once(process, signal).then(() => signal)))

/**
 * One of several ends when the primary says so, or by a SIGTERM of its own. A terminal's ^C reaches all of them: it is
 * the primary's to hear.
 */
const finish = async (gateway: Gateway, member: Member) => {
  process.on('SIGINT', () => undefined)
  await Promise.race([member.stopped, once(process, 'SIGTERM')])
  process.on('SIGTERM', () => undefined)
  const timer = setTimeout(() => process.exit(130), GRACE_MS)
  await gateway.close()
  clearTimeout(timer)
}

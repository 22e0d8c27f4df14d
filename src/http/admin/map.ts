import { z } from 'zod'
import { GatewayError } from '../../errors.ts'
import type { Cause, History } from '../../knowledge/history.ts'
import type { Live } from '../../knowledge/live.ts'
import { InvalidFilesError } from '../../knowledge/problem.ts'
import { masked, restored } from '../../knowledge/secrets.ts'
import type { Snapshot } from '../../knowledge/snapshot.ts'
import type { Serving } from '../../routing/serving.ts'
import type { Change } from '../../swaps/change.ts'
import type { Swaps } from '../../swaps/swaps.ts'
import { changeAnswer, mapAnswer, mapsAnswer, oneMapAnswer } from './answers.ts'
import { consequencesOf, type Decided } from './consequences.ts'
import { problemsFrom } from './problems.ts'
import { type AdminRoute, get, post, put } from './route.ts'
import { shownMap } from './shown-map.ts'

export type MapDeps = {
  readonly live: Live<Serving>
  readonly swaps: Pick<Swaps, 'change' | 'preview' | 'problem'>
  readonly history: Pick<History, 'list' | 'text'>
  readonly decisions: Decided
  readonly mapPath: string
}

const why = z.string().max(500).optional().describe('Kept in the history.')
const changeBody = z.strictObject({
  source: z.string().min(1).describe("The map's whole text. A secret shown as *** stays what it is."),
  why,
})
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform(text => text === 'true')
const changeQuery = z.object({
  dryRun: flag.describe('Says what would change, and changes nothing.'),
})

export const mapRoutes = (deps: MapDeps): AdminRoute[] => {
  const { live, history, swaps, mapPath } = deps
  const keptAs = async (version: string) => {
    const entry = history.list().find(one => one.version === version)
    const text = entry && (await history.text(version))
    if (entry === undefined || text === undefined) throw noMap(version)
    return { entry, text }
  }
  return [
    get(
      '/map',
      ({ header }) => {
        const { snapshot } = live.current()
        header('etag', `"${snapshot.version}"`)
        return shownMap(snapshot, mapPath)
      },
      { summary: 'The map that is served', answers: mapAnswer },
    ),
    put(
      '/map',
      changeBody,
      async ({ query: { dryRun }, body, headers, ip, header }) => {
        const expected = expectedIn(headers['if-match'], dryRun)
        const change = { file: mapPath, expected, edit: whole(body.source, mapPath) }
        const answer = dryRun
          ? await tryOut(deps, change)
          : await activate(deps, change, { by: 'api', why: body.why, from: ip })
        header('etag', `"${dryRun ? live.current().snapshot.version : answer.version}"`)
        return answer
      },
      {
        summary: 'Checks a map, writes it into its file and serves it',
        query: changeQuery,
        answers: changeAnswer,
      },
    ),
    get(
      '/maps',
      () => {
        const problem = swaps.problem()?.message
        const current = live.current().snapshot.version
        return { current, ...(problem === undefined ? {} : { problem }), maps: history.list() }
      },
      { summary: 'Every map that was activated, newest first', answers: mapsAnswer },
    ),
    get(
      '/maps/:version',
      async ({ params: { version = '' } }) => {
        const { entry, text } = await keptAs(version)
        return { version, at: entry.at, source: masked(text) }
      },
      { summary: 'One of them, as it was written', answers: oneMapAnswer },
    ),
    post(
      '/maps/:version/activate',
      z.strictObject({ why }),
      async ({ params: { version = '' }, query: { dryRun }, body, headers, ip, header }) => {
        const { text } = await keptAs(version)
        const expected = expectedIn(headers['if-match'], true)
        const change = { file: mapPath, expected, edit: () => text }
        const answer = dryRun
          ? await tryOut(deps, change)
          : await activate(deps, change, { by: 'rollback', why: body.why, from: ip })
        header('etag', `"${dryRun ? live.current().snapshot.version : answer.version}"`)
        return answer
      },
      { summary: 'Serves it again', query: changeQuery, answers: changeAnswer },
    ),
  ]
}

const noMap = (version: string) =>
  new GatewayError(
    'not_found',
    `There is no map of the version ${version.slice(0, 64)} in the history: GET /admin/maps lists those there are.`,
  )

/** Of `"abc"` or `W/"abc"` the version; `*` is any. */
const expectedIn = (header: string | undefined, optional: boolean): string | undefined => {
  if (header === undefined && !optional) {
    throw new GatewayError(
      'version_missing',
      'Say which version you have changed: send its ETag from GET /admin/map as If-Match.',
    )
  }
  const version = header?.trim().replace(/^W\//, '').replaceAll('"', '')
  return version === '*' ? undefined : version
}

/** The text as it was sent, with the secrets that were hidden from whoever sent it. */
export const whole = (source: string, mapPath: string) => (current: Snapshot) => {
  const { text, lost } = restored(source, current.text)
  if (lost.length === 0) return text
  const problems = lost.map(({ line, column, of }) => ({
    file: mapPath,
    line,
    column,
    message: `${of}: *** keeps the secret that stands there, and there is none: write \${NAME} and set it in the environment`,
    severity: 'error' as const,
  }))
  throw new InvalidFilesError(problems, [mapPath])
}

/** Deciding the past again must not keep an operator waiting who wants it served now. */
const AFTERWARDS_MS = 1_000

const activate = async ({ live, swaps, decisions, mapPath }: MapDeps, change: Change, cause: Cause) => {
  let before = live.current().snapshot
  const edit: Change['edit'] = (current, stands) => {
    before = current
    return change.edit(current, stands)
  }
  const { serving, replaced } = await swaps.change({ ...change, edit }, cause)
  const { snapshot } = serving
  return {
    version: snapshot.version,
    replaced,
    problems: problemsFrom(snapshot.warnings, mapPath),
    ...(await consequencesOf(decisions, before, snapshot, AFTERWARDS_MS)),
  }
}

const tryOut = ({ swaps, decisions, mapPath }: MapDeps, change: Change) =>
  swaps.preview(change, async (next, current) => ({
    version: next.version,
    replaced: false,
    problems: problemsFrom(next.warnings, mapPath),
    ...(await consequencesOf(decisions, current, next)),
  }))

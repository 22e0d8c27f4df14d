import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type ExpertServer, startExpert } from '../support/expert-server.ts'
import { mapOf, type RunningGateway, remote, startGateway } from '../support/gateway.ts'
import { talks } from './talking-expert.ts'

export type Place = { gateway: RunningGateway; expert: ExpertServer; readonly baseURL: string }

const MOODS = ['fluent', 'cut', 'silent', 'status-400', 'status-422', 'status-429', 'status-503']

/** One gateway a file, and one expert behind it under the name of each of its moods; tasks go to the fluent one. */
export const useGateway = (environment: Record<string, string> = {}): Place => {
  const place = {
    get baseURL() {
      return `${place.gateway.url}/v1`
    },
  } as Place
  beforeAll(async () => {
    place.expert = await startExpert(talks())
    const experts = MOODS.map(mood => [mood, remote(place.expert.url, { model: mood })])
    const map = mapOf(Object.fromEntries(experts), {
      aliases: { 'gpt-4o': 'auto', 'text-embedding-3-small': 'expert/fluent' },
    })
    for (const task of Object.values(map.tasks)) task.experts = ['fluent']
    map.unknown = ['fluent']
    place.gateway = await startGateway(map, environment)
  })
  beforeEach(() => void place.expert.received.splice(0))
  afterAll(async () => {
    await place.gateway[Symbol.asyncDispose]()
    await place.expert.close()
  })
  return place
}

export const QUESTION = 'my pod restarts with exit code 137'

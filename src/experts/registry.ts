import { createLeases } from '../leases.ts'
import { type Condition, createCondition } from './condition.ts'
import type { Expert, ExpertHealth, ExpertKind } from './expert.ts'
import { createModel, type Model } from './model.ts'
import { createOpenAiExpert, type RemoteDefinition } from './openai.ts'
import { createRunbookExpert } from './runbook.ts'

export type Definition = { readonly builtin: 'runbook' } | RemoteDefinition

/** The experts of one generation. An unchanged definition keeps its connections and its health over a swap. */
export type Crew = {
  readonly experts: ReadonlyMap<string, Expert>
  readonly classifier: Model | undefined
  release(): void
}

export type CrewWanted = {
  readonly experts: ReadonlyMap<string, Definition>
  readonly classifier?: { readonly expert: string; readonly timeout: number } | undefined
}

export type ExpertReport = ExpertHealth & { readonly id: string; readonly about: ExpertKind }

export type Registry = {
  hire(wanted: CrewWanted): Promise<Crew>
  /** Everyone employed by any generation that still serves, each id once, what runs added up. */
  report(): readonly ExpertReport[]
  /** Empties an expert, or lets it work again: also those that a later map makes of that id. False if there is none. */
  drain(id: string, on: boolean): boolean
}

export const createRegistry = (): Registry => {
  const experts = createLeases<Expert>(expert => expert.close())
  const models = createLeases<Model>(() => undefined)
  const conditions = createLeases<Condition>(() => undefined)
  const draining = new Set<string>()

  const makeRemote = async (id: string, definition: RemoteDefinition): Promise<Expert> => {
    const condition = await conditions.take(endpointOf(id, definition), async () => createCondition(id))
    const expert = createOpenAiExpert(id, definition, condition.value)
    const close = () => {
      expert.close()
      condition.release()
    }
    return { ...expert, close }
  }
  const make = async (id: string, definition: Definition): Promise<Expert> => {
    const expert = 'builtin' in definition ? createRunbookExpert(id) : await makeRemote(id, definition)
    if (draining.has(id)) expert.drain(true)
    return expert
  }
  const makeModel = async (definition: RemoteDefinition, { expert, timeout }: ClassifierWanted) => {
    const model = createModel(expert, definition, timeout)
    if (draining.has(expert)) model.drain(true)
    return model
  }

  return {
    async hire({ experts: definitions, classifier }) {
      const taken = await Promise.all(
        [...definitions].map(([id, definition]) =>
          experts.take(`${id}\0${JSON.stringify(definition)}`, () => make(id, definition)),
        ),
      )
      const definition = classifier && definitions.get(classifier.expert)
      const model =
        classifier === undefined || definition === undefined || 'builtin' in definition
          ? undefined
          : await models.take(JSON.stringify([classifier, definition]), () =>
              makeModel(definition, classifier),
            )
      return {
        experts: new Map(taken.map(({ value }) => [value.id, value])),
        classifier: model?.value,
        release: () => {
          for (const lease of taken) lease.release()
          model?.release()
        },
      }
    },
    report: () => merged(experts.held()),
    drain(id, on) {
      const concerned = experts.held().filter(expert => expert.id === id)
      if (concerned.length === 0) return false
      if (on) draining.add(id)
      else draining.delete(id)
      for (const expert of concerned) expert.drain(on)
      for (const model of models.held()) if (model.id === id) model.drain(on)
      return true
    },
  }
}

type ClassifierWanted = NonNullable<CrewWanted['classifier']>

/** What an expert's health belongs to. With another key, what was refused may be welcome. */
const endpointOf = (id: string, { url, model, key }: RemoteDefinition) =>
  JSON.stringify([id, url, model, key])

/** While an old generation finishes there may be two of an id; the later one is what the map says now. */
const merged = (experts: readonly Expert[]): ExpertReport[] => {
  const byId = new Map<string, ExpertReport>()
  for (const expert of experts) {
    const health = expert.health()
    const before = byId.get(expert.id)
    byId.set(expert.id, {
      ...health,
      id: expert.id,
      about: expert.about,
      inFlight: health.inFlight + (before?.inFlight ?? 0),
      queued: health.queued + (before?.queued ?? 0),
    })
  }
  return [...byId.values()]
}

import { createLeases } from '../leases.ts'
import type { Expert } from './expert.ts'
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

export type Registry = {
  hire(wanted: CrewWanted): Promise<Crew>
  /** Everyone employed by any generation that still serves. */
  all(): readonly Expert[]
}

export const createRegistry = (): Registry => {
  const experts = createLeases<Expert>(expert => expert.close())
  const models = createLeases<Model>(() => undefined)

  const make = async (id: string, definition: Definition): Promise<Expert> =>
    'builtin' in definition ? createRunbookExpert(id) : createOpenAiExpert(id, definition)

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
          : await models.take(JSON.stringify([classifier, definition]), async () =>
              createModel(classifier.expert, definition, classifier.timeout),
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
    all: () => experts.held(),
  }
}

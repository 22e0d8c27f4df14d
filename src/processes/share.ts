import type { CrewWanted, Registry } from '../experts/registry.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Siblings } from './member.ts'

/** An expert's places are divided, at least one for each: it cannot know how many processes ask it. */
export const shareOf = ({ experts, classifier }: CrewWanted, processes: number): CrewWanted => ({
  classifier,
  experts: new Map(
    [...experts].map(([id, definition]) => [
      id,
      processes === 1 || 'builtin' in definition
        ? definition
        : {
            ...definition,
            concurrency: Math.ceil(definition.concurrency / processes),
            queue: Math.ceil(definition.queue / processes),
          },
    ]),
  ),
})

type Own = {
  readonly registry: Registry
  readonly metrics: Pick<Metrics, 'contentType' | 'text' | 'values'>
}

/** What is the same whichever of several processes is asked. */
export const sharedWith = (siblings: Siblings | undefined, { registry, metrics }: Own) => {
  if (siblings === undefined) return { registry, metrics }
  const { contentType, text, values } = metrics
  siblings.offer({ metrics: values, drain: registry.drain })
  return {
    keyLimits: siblings.limits,
    processes: () => ({ running: siblings.running(), wanted: siblings.wanted }),
    // One's own are better than none.
    metrics: { contentType, text: () => siblings.metrics().catch(text) },
    registry: {
      report: registry.report,
      drain(id: string, on: boolean) {
        const found = registry.drain(id, on)
        if (found) siblings.drained(id, on)
        return found
      },
    },
  }
}

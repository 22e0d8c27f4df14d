import type { CrewWanted } from '../experts/registry.ts'

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

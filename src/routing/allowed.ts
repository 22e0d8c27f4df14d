import { GatewayError } from '../errors.ts'
import type { Decision } from './decide.ts'
import type { Target } from './pipeline.ts'

/** What a client may use, where that is not everything. A list that is not given allows all of its kind. */
export type Allowed = {
  /** The name of the client's key, never the key. */
  readonly client: string
  readonly experts: ReadonlySet<string> | undefined
  readonly tasks: ReadonlySet<string> | undefined
}

export const mayAnswer = (expert: string, { experts }: Allowed): boolean => experts?.has(expert) ?? true

/**
 * Whether a client may ask for this by name. Who is held to tasks may name an expert only if it is on the list: what
 * an expert is asked directly is of no task, and would be a way around them.
 */
export const mayName = (target: Target, { experts, tasks }: Allowed): boolean => {
  switch (target.kind) {
    case 'auto':
      return true
    case 'task':
      return tasks?.has(target.task) ?? true
    case 'expert':
      return experts?.has(target.expert) ?? tasks === undefined
  }
}

/** A decision as far as the client may use it: for a task that is not for it nobody is left. */
export const within = (decision: Decision, target: Target, allowed: Allowed): Decision => {
  const asked: Target = target.kind === 'auto' ? { kind: 'task', task: decision.task } : target
  const experts = mayName(asked, allowed) ? decision.experts.filter(id => mayAnswer(id, allowed)) : []
  return { ...decision, experts }
}

export const notAllowed = (what: string, { client, experts, tasks }: Allowed): GatewayError => {
  const lists = [
    ...(tasks === undefined ? [] : [`the tasks ${[...tasks].join(', ')}`]),
    ...(experts === undefined ? [] : [`the experts ${[...experts].join(', ')}`]),
  ]
  const message = `The key "${client}" may not use ${what}. It may use ${lists.join(' and ')}.`
  return new GatewayError('not_allowed', message, { param: 'model' })
}

export const nobodyAllowed = ({ task }: Decision, allowed: Allowed): GatewayError =>
  mayName({ kind: 'task', task }, allowed)
    ? notAllowed(`any expert that the map has for the task "${task}"`, allowed)
    : notAllowed(`the task "${task}", which this question was found to be of`, allowed)

/** A prompt of the classifier, read from a file that a user may change. */
export type PromptTemplate = {
  fill(slots: Readonly<Record<Slot, string>>): { readonly system: string; readonly user: string }
}

type Slot = 'tasks' | 'question' | 'examples'

const DIVIDER = /^=== user ===\s*$/m

/** Refuses a template that lacks what the prompt is for, with every lack named. */
export const parsePrompt = (text: string, withExamples: boolean): PromptTemplate | readonly string[] => {
  const [system, user, ...rest] = text.split(DIVIDER)
  const needed: Slot[] = withExamples ? ['tasks', 'examples', 'question'] : ['tasks', 'question']
  const problems = needed
    .filter(slot => !text.includes(`{{${slot}}}`))
    .map(slot => `the prompt lacks its slot {{${slot}}}`)
  const strange = [...text.matchAll(/\{\{(\w+)\}\}/g)].filter(([, name]) => !isSlot(name))
  problems.push(...strange.map(([slot]) => `the prompt has an unknown slot ${slot}`))
  if (system === undefined || user === undefined || rest.length > 0) {
    problems.push('the prompt needs one line "=== user ===" between the system and the user part')
    return problems
  }
  // What differs from question to question must not stand among the instructions.
  const misplaced = needed.filter(slot => slot !== 'tasks' && system.includes(`{{${slot}}}`))
  problems.push(...misplaced.map(slot => `the slot {{${slot}}} belongs below the line "=== user ==="`))
  if (problems.length > 0) return problems
  return { fill: slots => ({ system: fill(system, slots), user: fill(user, slots) }) }
}

const isSlot = (name: string | undefined): name is Slot =>
  name === 'tasks' || name === 'question' || name === 'examples'

/** In one pass, so that a slot's name inside a question stays what it is: text. */
const fill = (template: string, slots: Readonly<Record<Slot, string>>) =>
  template.replace(/\{\{(\w+)\}\}/g, (slot, name: string) => (isSlot(name) ? slots[name] : slot)).trim()

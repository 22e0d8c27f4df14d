import type { Task } from './task-map.ts'

export type StarterExpert = { readonly url: string; readonly model: string; readonly keyName: string }

export type Starter = {
  readonly name: string
  readonly tasks: readonly Task[]
  readonly context: readonly string[]
  readonly experts: readonly StarterExpert[]
}

/** Comments end somewhere: a catalogue of hundreds is for looking things up. */
const MOST_COMMENTED = 100

/** A model's name becomes part of the file: nothing in it may be a variable, or more than a name. */
export const isPlainName = (model: string) => /^[^\p{C}\s$"'\\{}][^\p{C}$"'\\{}]{0,199}$/u.test(model)

/** The text of a first map: checkable as it is, measurable as soon as it has an expert behind a url. */
export const starterMap = ({ name, tasks, context, experts }: Starter): string => {
  // More than one a task, and one for what fits none, are never chosen first.
  const [used, spare] = [experts.slice(0, tasks.length + 1), experts.slice(tasks.length + 1)]
  const ids = idsOf([...used, ...spare])
  const order = [...used.keys()].map(i => ids[i] ?? '').concat('runbook')
  return [
    ...head(name, context),
    ...classifier(ids[0]),
    '# Nothing is measured yet, so every task pins this order. "coe-ops rank --unpin" measures, and takes the pins away.',
    `unknown: &order [${order.join(', ')}]`,
    '',
    'tasks:',
    ...tasks.flatMap(({ id, title, description }) => [
      `  ${id}:`,
      `    title: ${quoted(title)}`,
      `    description: ${quoted(description)}`,
      '    experts: *order',
    ]),
    '',
    'experts:',
    ...used.flatMap((expert, i) => entry(ids[i] ?? '', expert)),
    ...(used.length === 0 ? example : []),
    ...(spare.length === 0 ? [] : ['  # More that the endpoints offer:']),
    ...spare
      .slice(0, MOST_COMMENTED)
      .flatMap((expert, i) => commented(entry(ids[used.length + i] ?? '', expert))),
    ...(spare.length > MOST_COMMENTED ? [`  # and ${spare.length - MOST_COMMENTED} more`] : []),
    '  # Answers from replies and runbooks of the context, without any network; the last resort.',
    '  runbook:',
    '    builtin: runbook',
    '',
  ].join('\n')
}

const head = (name: string, context: readonly string[]) => [
  '# A first map. What every key means: docs/map.md and docs/experts.md of coe-ops.',
  '#   coe-ops check FILE   says what is wrong with it',
  '#   coe-ops rank         measures the experts and writes scores and ranking into it',
  '#   coe-ops serve FILE   serves it, and takes up every change that you save',
  '',
  `name: ${name}`,
  `context: [${context.join(', ')}]`,
  '',
  'neighbours:',
  '  allowedError: 0.05 # how often the neighbours alone may be wrong; the rest goes to the classifier, if there is one',
  '',
]

const classifier = (first: string | undefined) => [
  '# Asked when the neighbours are unsure; a small and quick model will do.',
  '# classifier:',
  `#   expert: ${first ?? 'my-model'}`,
  '#   use: when-unsure',
  '#   timeout: 5s',
  '',
]

const entry = (id: string, { url, model, keyName }: StarterExpert) => [
  `  ${id}:`,
  `    url: ${quoted(url)}`,
  `    model: ${quoted(model)}`,
  `    key: \${${keyName}:-}`,
  '    concurrency: 8 # calls at once',
  '    # price: { input: 0.10, output: 0.20 } # per million tokens; --max-cost needs it',
]

const example = [
  '  # An expert is any model behind an OpenAI-compatible url. Put its name into the order above as well.',
  ...[
    '  my-model:',
    '    url: http://localhost:11434/v1',
    '    model: llama3.1',
    '    key: ${OPENAI_API_KEY:-}',
    '    concurrency: 8 # calls at once',
  ].map(line => line.replace(/^ {2}/, '  # ')),
]

const commented = (lines: readonly string[]) => lines.map(line => line.replace(/^ {2}/, '  # '))

/** JSON is YAML too, and safe for whatever an endpoint calls its models. */
const quoted = (text: string) => JSON.stringify(text)

const idsOf = (experts: readonly StarterExpert[]): string[] => {
  const taken = new Set(['runbook'])
  return experts.map(({ model }) => {
    const last = model.split('/').at(-1) ?? model
    const base =
      last
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[^a-z0-9]+|-+$/g, '')
        .slice(0, 80) || 'model'
    let id = base
    for (let i = 2; taken.has(id); i++) id = `${base}-${i}`
    taken.add(id)
    return id
  })
}

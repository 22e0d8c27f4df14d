import { benchClassify } from './bench-classify.ts'
import { benchPaper } from './bench-paper.ts'
import { benchReplay } from './bench-replay.ts'
import { type Command, UsageError } from './command.ts'

export const bench: Command = {
  usage: [
    'coe-ops bench classify (--context FILE... | --map FILE) [--questions FILE... | --folds | --share N]',
    '       coe-ops bench replay --questions FILE... --outcomes FILE... [--map FILE [--fit] | --folds]',
    '       coe-ops bench paper --questions FILE... --map FILE [--set A|B|both] [--experts A,B]...',
  ].join('\n'),
  examples: [
    'coe-ops bench classify --map mappings/aiops.yaml --folds --report out/',
    'coe-ops bench classify --context train.jsonl --questions test.jsonl --json',
    'coe-ops bench classify --context a.jsonl,b.jsonl --folds --perturb',
    'coe-ops bench classify --context all.jsonl --share 5 --draws 20',
    'coe-ops bench replay --questions all.jsonl --outcomes outcomes.csv --folds --pools 200',
    'coe-ops bench replay --questions all.jsonl --outcomes outcomes.csv --folds --budget 0.25',
    'coe-ops bench paper --questions devops-eval.jsonl --map mappings/my-map.yaml --report out/',
  ],
  options: {
    context: { type: 'string', multiple: true, help: "files of examples, comma-separated (the map's own)" },
    questions: { type: 'string', multiple: true, help: 'files of questions with their task' },
    outcomes: { type: 'string', multiple: true, help: 'replay: CSV files id,expert,expert,… with 1 or 0' },
    map: {
      type: 'string',
      help: 'tasks, allowed error and classifier; without one, tasks are those of the context',
    },
    fit: { type: 'boolean', help: "replay: decide on the order of experts anew, not by the map's" },
    folds: { type: 'boolean', help: 'five parts, each asked with the other four as context' },
    share: { type: 'string', help: 'so many examples a task as context, all others asked' },
    draws: { type: 'string', help: 'how often --share is drawn [20]' },
    'per-task': { type: 'string', help: 'replay: maps are fitted on so many questions a task' },
    budget: { type: 'string', help: 'replay: maps are fitted on this share of all answers, well chosen' },
    'new-expert': {
      type: 'string',
      help: 'replay: what is lost if this expert (or each) is known by --per-task questions [20]',
    },
    pools: { type: 'string', help: 'replay: so many random sets of 2 to 7 of the experts' },
    'classifier-accuracy': { type: 'string', help: 'replay: of the simulated classifier [0.9]' },
    classifier: { type: 'string', help: 'none, or the expert of the map that is asked when unsure [none]' },
    without: { type: 'string', help: 'tasks held out of the context: their questions are "unknown"' },
    perturb: { type: 'boolean', help: 'ask everything once more in seven damaged forms' },
    'allow-overlap': { type: 'boolean', help: 'measure although questions stand in the context already' },
    set: { type: 'string', help: 'paper: task set A (AIOps), B (lifecycle) or both [both]' },
    experts: { type: 'string', multiple: true, help: 'paper: a set of experts; again for another [all]' },
    'context-share': { type: 'string', help: 'paper: share of the questions that is context [0.2]' },
    prompt: { type: 'string', help: 'paper: a prompt file of your own for questions with options' },
    'max-cost': { type: 'string', help: 'paper: stop before it costs more, earlier runs included' },
    'max-tokens': { type: 'string', help: 'paper: longest answer of an expert [4096]' },
    concurrency: { type: 'string', help: "paper: most calls at once an expert [the map's]" },
    seed: { type: 'string', help: 'of folds, draws, shares, pools and damage [1]' },
    json: { type: 'boolean', help: 'print one JSON document' },
    report: { type: 'string', help: 'folder for the report' },
  },
  after: () =>
    [
      'A question with options is asked as a client would send it: the question, then lines "A. ...", "B. ...".',
      'No language model is called unless --classifier names one; but bench paper asks the experts and the classifier of the map. What they answer is kept in COE_DATA/rank, as by coe-ops rank, and never asked twice.',
      'Vectors are kept in COE_DATA: after Ctrl-C the next run goes on from there.',
    ].join('\n'),
  async run(invocation) {
    const { words } = invocation
    const [what] = words
    if (words.length === 1 && what === 'classify') return await benchClassify(invocation)
    if (words.length === 1 && what === 'replay') return await benchReplay(invocation)
    if (words.length === 1 && what === 'paper') return await benchPaper(invocation)
    throw new UsageError('bench knows three things to measure: classify, replay and paper.')
  },
}

import type { ClassifierCall, Decision, Neighbour, Routed } from '../../api/types.ts'
import { Blend, DecidedBy, fixed, milliseconds, percent, Share } from '../../parts/figures.tsx'

/** The whole decision: what was read, what it became, from which examples, and who answers. */
export const Decided = ({ routed, busy }: { routed: Routed | undefined; busy: boolean }) => {
  if (routed === undefined) {
    return (
      <section class="panel empty">
        <p class="quiet">
          {busy ? 'Deciding…' : 'Ask something: here stands how it is decided, and from which examples.'}
        </p>
      </section>
    )
  }
  const { decision, classifier } = routed
  return (
    <>
      <section class="panel decision" aria-label="Decision" aria-busy={busy}>
        <Outcome routed={routed} />
        <Order decision={decision} />
        <Ranking decision={decision} />
        {classifier === undefined ? null : <Classifier call={classifier} />}
      </section>
      <Neighbours neighbours={decision.neighbours} />
    </>
  )
}

const Outcome = ({ routed: { decision, threshold, question, tookMs } }: { routed: Routed }) => (
  <>
    <p class="outcome">
      <strong>{decision.task}</strong>
      <DecidedBy by={decision.decidedBy} />
      <span aria-hidden="true">→</span>
      <strong>{decision.experts[0] ?? 'nobody'}</strong>
    </p>
    <dl class="facts">
      <dt>Probability</dt>
      <dd>
        <Share of={decision.confidence} label={`The task is right with ${percent(decision.confidence)}`} />
      </dd>
      <dt>Threshold</dt>
      <dd>{thresholdOf(threshold, decision)}</dd>
      <dt>Familiar</dt>
      <dd>more than {percent(decision.known)} of the context’s own questions</dd>
      <dt>Took</dt>
      <dd>{tookOf(tookMs, decision)}</dd>
      <dt>Read as</dt>
      <dd class="question">{question}</dd>
      <dt>Version</dt>
      <dd>
        <code>{decision.snapshot}</code>
      </dd>
    </dl>
  </>
)

const thresholdOf = (threshold: number | null, { margin }: Decision) => {
  if (threshold === null) return 'none: the neighbours alone can promise nothing here'
  if (margin === undefined) return `the neighbours alone decide from a margin of ${fixed(threshold)}`
  const word = margin >= threshold ? 'reaches' : 'stays below'
  return `a margin of ${fixed(margin)} ${word} the ${fixed(threshold)} from which the neighbours decide alone`
}

const tookOf = ({ encode, search, total }: Routed['tookMs'], { byWords }: Decision) =>
  [
    byWords === true && 'nothing was encoded, since its words were enough',
    encode !== undefined && !byWords && `encoding ${milliseconds(encode)}`,
    search !== undefined && `searching ${milliseconds(search)}`,
    `${milliseconds(total)} in all`,
  ]
    .filter(Boolean)
    .join(', ')

const Order = ({ decision }: { decision: Decision }) => (
  <>
    <h2>Experts, in the order in which they are tried</h2>
    <ol class="order">
      {decision.experts.map(expert => (
        <li key={expert}>{expert}</li>
      ))}
    </ol>
  </>
)

const Ranking = ({ decision }: { decision: Decision }) => {
  if (decision.ranking.length === 0) return null
  return (
    <>
      <h2>What the neighbours say</h2>
      <ul class="ranking">
        {decision.ranking.slice(0, 5).map(({ task, confidence }) => (
          <li key={task}>
            <span>{task}</span>
            <Share of={confidence} label={`${task}: ${percent(confidence)}`} />
          </li>
        ))}
      </ul>
    </>
  )
}

const Classifier = ({ call }: { call: ClassifierCall }) => (
  <>
    <h2>
      Classifier <span class="quiet">{`${call.outcome}, ${milliseconds(call.ms)}`}</span>
    </h2>
    {call.reply === undefined ? null : <pre class="reply">{call.reply}</pre>}
    <details>
      <summary>Its prompt</summary>
      <h3>System</h3>
      <pre>{call.prompt.system}</pre>
      <h3>User</h3>
      <pre>{call.prompt.user}</pre>
    </details>
  </>
)

const Neighbours = ({ neighbours }: { neighbours: readonly Neighbour[] }) => {
  if (neighbours.length === 0) return null
  return (
    <section class="panel wide">
      <h2>
        Nearest examples{' '}
        <span class="quiet">
          similarity = <span class="swatch" /> meaning + <span class="swatch second" /> words
        </span>
      </h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Similarity</th>
              <th scope="col" class="number narrow-hidden">
                Meaning
              </th>
              <th scope="col" class="number narrow-hidden">
                Words
              </th>
              <th scope="col">Task</th>
              <th scope="col" class="most">
                Question
              </th>
            </tr>
          </thead>
          <tbody>
            {neighbours.map((neighbour, index) => (
              <Row key={index} neighbour={neighbour} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const Row = ({ neighbour: { question, task, similarity, dense, lexical, at } }: { neighbour: Neighbour }) => (
  <tr>
    <td class="number">
      <span class="share">
        <Blend dense={dense} lexical={lexical} />
        <span class="figure">{fixed(similarity)}</span>
      </span>
    </td>
    <td class="number narrow-hidden">{fixed(dense)}</td>
    <td class="number narrow-hidden">{fixed(lexical)}</td>
    <td class="name-cell">{task}</td>
    <td class="most" title={at}>
      <span class="question short">{question}</span>
    </td>
  </tr>
)

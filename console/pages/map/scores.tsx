import type { FeedbackPage, MapTask, Score, ServedMap } from '../../api/types.ts'
import { count, percent } from '../../parts/figures.tsx'
import { Warning } from '../../parts/notice.tsx'
import { useLoad } from '../../parts/use-load.ts'
import { useSession } from '../../session.ts'

type Feedback = FeedbackPage['experts'][number]

export const ScoresSection = () => {
  const { map } = useSession().served
  const feedback = useLoad<FeedbackPage>('/feedback', { everyMs: 30_000 })
  if (map === undefined) return <p class="quiet">Loading…</p>
  return (
    <section class="panel">
      <div class="row">
        <h2>
          {map.name} <span class="quiet">{aboutOf(map)}</span>
        </h2>
      </div>
      {map.warnings.map(({ file, line, column, message }, index) => (
        <Warning key={index}>
          {[file, line, column].filter(part => part !== undefined).join(':')} {message}
        </Warning>
      ))}
      {map.scores.length === 0 ? (
        <Orders map={map} />
      ) : (
        <Heatmap map={map} feedback={feedback.value?.experts ?? []} />
      )}
    </section>
  )
}

const aboutOf = ({ tasks, experts, neighbours, threshold, classifier }: ServedMap) =>
  [
    `${tasks.length} tasks`,
    `${experts.length} ${experts.length === 1 ? 'expert' : 'experts'}`,
    `the neighbours alone may be wrong in ${percent(neighbours.allowedError)}`,
    threshold === null ? 'and can promise nothing' : `from a margin of ${threshold.toFixed(2)} on`,
    classifier === undefined ? 'no classifier' : `classifier ${classifier.expert} (${classifier.use})`,
  ].join(' · ')

/** Nothing is measured: the order is what there is to see. */
const Orders = ({ map }: { map: ServedMap }) => (
  <>
    <p class="quiet">
      No expert is measured yet, so the map pins the order. <code>coe-ops rank</code> measures them and writes
      the scores.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Experts in order</th>
            <th scope="col" class="most narrow-hidden">
              About
            </th>
          </tr>
        </thead>
        <tbody>
          {map.tasks.map(task => (
            <tr key={task.id}>
              <th scope="row">{task.id}</th>
              <td>{task.experts.join(', ')}</td>
              <td class="most quiet narrow-hidden">{task.description}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">unknown</th>
            <td>{map.unknown.join(', ')}</td>
            <td class="most quiet narrow-hidden">What fits no task</td>
          </tr>
        </tbody>
      </table>
    </div>
  </>
)

/** Experts in rows, best average first; tasks in columns. The darker, the better among what is measured here. */
const Heatmap = ({ map, feedback }: { map: ServedMap; feedback: readonly Feedback[] }) => {
  const scores = new Map(map.scores.map(score => [`${score.expert}\0${score.task}`, score]))
  const told = new Map(feedback.map(entry => [`${entry.expert}\0${entry.task}`, entry]))
  const accuracies = map.scores.map(({ accuracy }) => accuracy)
  const [worst, best] = [Math.min(...accuracies), Math.max(...accuracies)]
  const rows = map.experts
    .map(({ id }) => ({ id, average: averageOf(map.tasks.map(task => scores.get(`${id}\0${task.id}`))) }))
    .sort((a, b) => (b.average ?? -1) - (a.average ?? -1))
  return (
    <>
      <div class="scroll">
        <table class="heat" style={{ minWidth: `${map.tasks.length * 64 + 220}px` }}>
          <thead>
            <tr>
              <td />
              {map.tasks.map(({ id, title }) => (
                <th key={id} scope="col" title={title}>
                  {id}
                </th>
              ))}
              <th scope="col">mean</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, average }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                {map.tasks.map(task => (
                  <Cell
                    key={task.id}
                    score={scores.get(`${id}\0${task.id}`)}
                    shade={score => (best === worst ? 0.5 : (score - worst) / (best - worst))}
                    place={placeIn(task, id)}
                    feedback={told.get(`${id}\0${task.id}`)}
                  />
                ))}
                <td class="average">{average === undefined ? '–' : figure(average)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        Accuracy in percent, with the interval in which it lies with 95 %, and the number of questions.
        Framed: the expert asked first. <code>unknown</code> goes to {map.unknown[0] ?? 'nobody'}.
      </p>
    </>
  )
}

const averageOf = (scores: readonly (Score | undefined)[]): number | undefined => {
  const known = scores.filter(score => score !== undefined)
  return known.length === 0
    ? undefined
    : known.reduce((sum, { accuracy }) => sum + accuracy, 0) / known.length
}

const placeIn = (task: MapTask, expert: string) => task.experts.indexOf(expert) + 1

const figure = (accuracy: number) => (accuracy * 100).toFixed(1)

type CellProps = {
  score: Score | undefined
  shade: (accuracy: number) => number
  place: number
  feedback: Feedback | undefined
}

const Cell = ({ score, shade, place, feedback }: CellProps) => {
  if (score === undefined) return <td class="cell none">–</td>
  const { accuracy, lo, hi, n } = score
  return (
    <td
      class={place === 1 ? 'cell first' : 'cell'}
      style={{ '--shade': `${Math.round(shade(accuracy) * 100)}%` }}
    >
      <strong>{figure(accuracy)}</strong>
      {place === 1 ? <span class="hidden"> asked first</span> : null}
      <small>
        {lo === undefined || hi === undefined ? ' ' : `${(lo * 100).toFixed(0)}–${(hi * 100).toFixed(0)}`}
      </small>
      <small>{n === undefined ? 'by hand' : `n ${count(n)}`}</small>
      {feedback === undefined ? null : (
        <small title="What clients said of its answers">{`+${feedback.good} −${feedback.bad}`}</small>
      )}
    </td>
  )
}

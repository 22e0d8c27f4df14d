import { messageOf } from '../../api/gateway.ts'
import { milliseconds } from '../../parts/figures.tsx'
import { Problem } from '../../parts/notice.tsx'
import type { AnswerOf } from './use-answer.ts'

export const Answer = ({ answer }: { answer: AnswerOf }) => {
  const { text, running, problem, expert } = answer
  if (!running && text === '' && problem === undefined && expert === undefined) return null
  return (
    <div class="answer">
      <div class="row">
        <h2>Answer</h2>
        <span class="quiet">{told(answer)}</span>
        {running ? (
          <button type="button" onClick={answer.stop}>
            Stop
          </button>
        ) : null}
      </div>
      {/* Told to a screen reader when it is whole, not at every word. */}
      <div class="text" role="status" aria-busy={running}>
        {text}
      </div>
      {problem === undefined ? null : <Problem>{messageOf(problem)}</Problem>}
    </div>
  )
}

const told = ({ expert, tried, running, firstMs, totalMs }: AnswerOf) =>
  [
    expert && `from ${expert}`,
    tried?.includes(',') && `tried ${tried.replaceAll(',', ', ')}`,
    firstMs !== undefined && `first word after ${milliseconds(firstMs)}`,
    !running && totalMs !== undefined && `all after ${milliseconds(totalMs)}`,
  ]
    .filter(Boolean)
    .join(' · ')

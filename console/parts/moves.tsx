import type { Move, Place } from '../api/types.ts'

export const placeOf = ({ task, expert }: Place) => (expert ? `${task} · ${expert}` : task)

/** Decisions that another map takes otherwise. */
export const Moves = ({ moves }: { moves: readonly Move[] }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col" class="most">
            Question
          </th>
          <th scope="col">Goes now to</th>
          <th scope="col">Would go to</th>
        </tr>
      </thead>
      <tbody>
        {moves.map(({ question, questionHash, from, to }, index) => (
          <tr key={index}>
            <td class="most">
              <span class="question short" title={question}>
                {question ?? <code class="quiet">{questionHash ?? 'its text is not kept'}</code>}
              </span>
            </td>
            <td class="name-cell">{placeOf(from)}</td>
            <td class="name-cell">{placeOf(to)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

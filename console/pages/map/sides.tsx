import type { Candidate, Side } from '../../api/types.ts'
import { count, milliseconds } from '../../parts/figures.tsx'

/** How the map that is served and the candidate fare with what each was given to answer. */
export const Sides = ({ sides: { served, candidate } }: { sides: NonNullable<Candidate['sides']> }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Answered by</th>
          <th scope="col" class="number">
            Answers
          </th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col" class="number narrow-hidden">
            Refused
          </th>
          <th scope="col" class="number">
            p50
          </th>
          <th scope="col" class="number">
            p95
          </th>
        </tr>
      </thead>
      <tbody>
        <SideRow name="what is served" side={served} />
        <SideRow name="the candidate" side={candidate} />
      </tbody>
    </table>
  </div>
)

const SideRow = ({
  name,
  side: { answers, failures, refused, p50Ms, p95Ms },
}: {
  name: string
  side: Side
}) => (
  <tr>
    <td>{name}</td>
    <td class="number">{count(answers)}</td>
    <td class={failures > 0 ? 'number failed' : 'number'}>{count(failures)}</td>
    <td class="number narrow-hidden">{count(refused)}</td>
    <td class="number">{milliseconds(p50Ms)}</td>
    <td class="number">{milliseconds(p95Ms)}</td>
  </tr>
)

import type { Changed, MapAnswer } from '../../api/types.ts'
import { count, percent } from '../../parts/figures.tsx'

/** What a map would change, before it does. */
export const DryRunResult = ({ answer: { changes, accuracy, decisions } }: { answer: MapAnswer }) => (
  <>
    <dl class="facts">
      <dt>Experts</dt>
      <dd>{inWords(changes.experts)}</dd>
      <dt>Tasks</dt>
      <dd>{inWords(changes.tasks)}</dd>
      <dt>Accuracy on the context</dt>
      <dd>
        {accuracy === null
          ? 'as before'
          : `${percent(accuracy.before)} → ${percent(accuracy.after)} (${signed(accuracy.after - accuracy.before)} points)`}
      </dd>
      <dt>Last decisions</dt>
      <dd>{movedOf(decisions)}</dd>
    </dl>
  </>
)

const inWords = ({ added, removed, changed }: Changed): string => {
  const parts = [
    added.length > 0 && `added ${added.join(', ')}`,
    removed.length > 0 && `removed ${removed.join(', ')}`,
    changed.length > 0 && `changed ${changed.join(', ')}`,
  ].filter(Boolean)
  return parts.length === 0 ? 'the same' : parts.join('; ')
}

const movedOf = ({ looked, moved, unsure = 0 }: MapAnswer['decisions']): string => {
  if (looked === 0) return 'none of which the same could be asked again'
  const elsewhere = `${count(moved)} of ${count(looked)} would go elsewhere (${percent(moved / looked)})`
  return unsure === 0 ? elsewhere : `${elsewhere}, ${count(unsure)} would be up to the classifier`
}

const signed = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`

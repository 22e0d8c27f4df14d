/** How a decision came about, in a word and a colour. */
export const DecidedBy = ({ by }: { by: string }) => <span class={`by by-${by}`}>{by}</span>

/** A share as a bar and a figure; `mark` is drawn over it, where something begins. */
export const Share = ({ of, mark, label }: { of: number; mark?: number | null; label: string }) => (
  <span class="share">
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="rail" width="100" height="8" />
      <rect class="fill" width={clamp(of) * 100} height="8" />
      {typeof mark === 'number' ? (
        <rect class="mark" x={clamp(mark) * 100 - 0.5} width="1.5" height="8" />
      ) : null}
    </svg>
    <span class="figure">{percent(of)}</span>
  </span>
)

/** Two parts of one sum, side by side. */
export const Blend = ({ dense, lexical }: { dense: number; lexical: number }) => (
  <svg
    class="bar"
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    role="img"
    aria-label={`${fixed(dense)} by meaning and ${fixed(lexical)} by words`}
  >
    <rect class="rail" width="100" height="8" />
    <rect class="fill" width={clamp(dense / 2) * 100} height="8" />
    <rect class="fill second" x={clamp(dense / 2) * 100} width={clamp(lexical / 2) * 100} height="8" />
  </svg>
)

const clamp = (share: number) => Math.min(1, Math.max(0, share))

export const percent = (share: number) => `${(share * 100).toFixed(share > 0.9995 ? 0 : 1)} %`

export const fixed = (value: number) => value.toFixed(2)

export const milliseconds = (ms: number | null | undefined) => {
  if (ms === null || ms === undefined) return '–'
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** A time of day as the reader's clock shows it. */
export const timeOf = (at: string | number) =>
  new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  })

export const dateOf = (at: string | number) =>
  new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short', hour12: false } as const)

export const count = (value: number | undefined) => (value === undefined ? '–' : value.toLocaleString('en'))

import { useEffect, useRef } from 'preact/hooks'

export type ReasonAsked = {
  readonly title: string
  readonly what: string
  readonly button: string
  readonly danger?: boolean
  /** Whether a reason is written down with it. */
  readonly reason: boolean
  readonly confirmed: (why: string) => void
}

/** Asks once more before something changes for everybody, and why. Escape says no. */
export const Reason = ({ asked, close }: { asked: ReasonAsked | undefined; close: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (asked !== undefined) dialog.current?.showModal()
  }, [asked])
  if (asked === undefined) return null
  const submit = (event: Event) => {
    event.preventDefault()
    const why = new FormData(event.currentTarget as HTMLFormElement).get('why')
    close()
    asked.confirmed(String(why ?? '').trim())
  }
  return (
    <dialog ref={dialog} aria-labelledby="reason-title" onClose={close}>
      <form class="stack" onSubmit={submit}>
        <h2 id="reason-title">{asked.title}</h2>
        <p>{asked.what}</p>
        {asked.reason ? (
          <div class="field">
            <label for="why">Why (kept in the history)</label>
            <input id="why" name="why" required maxLength={500} autocomplete="off" />
          </div>
        ) : null}
        <div class="row">
          <span class="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class={asked.danger === true ? 'danger' : 'primary'}>
              {asked.button}
            </button>
          </span>
        </div>
      </form>
    </dialog>
  )
}

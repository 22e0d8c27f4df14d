import { useEffect, useRef, useState } from 'preact/hooks'
import { createGateway, messageOf } from './api/gateway.ts'
import { Problem } from './parts/notice.tsx'

/** Asks for the key once, and tries it before it is believed. */
export const Login = ({ enter, because }: { enter: (key: string) => void; because: string | undefined }) => {
  const [problem, setProblem] = useState(because)
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget as HTMLFormElement).get('key')
    const key = typeof given === 'string' ? given.trim() : ''
    if (key === '') return setProblem('Type the admin key: what COE_ADMIN_KEY says where the gateway runs.')
    // What cannot stand in a header is no key either.
    if (!/^[\x21-\x7e]+$/.test(key)) return setProblem('A key is one word of plain characters.')
    setBusy(true)
    try {
      await createGateway(key, () => undefined).json('/experts')
      enter(key)
    } catch (thrown) {
      setProblem(messageOf(thrown))
      setBusy(false)
    }
  }
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>
          <span class="mark" aria-hidden="true" />
          coe-ops
        </h1>
        <label for="key">Admin key</label>
        <input ref={field} id="key" name="key" type="password" autocomplete="current-password" />
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Trying it…' : 'Open the console'}
        </button>
        {problem === undefined ? (
          <p class="quiet">The key is kept in this tab until it is closed, and sent to this gateway only.</p>
        ) : (
          <Problem>{problem}</Problem>
        )}
      </form>
    </main>
  )
}

type Listener = Parameters<AbortSignal['addEventListener']>[1] | null

/**
 * Says that somebody is no longer waited for, as an `AbortSignal` does. Two of them are made for each request, and
 * Node's own cost more than everything else that a remembered question takes of its gateway's routing.
 */
export class Leaving implements AbortSignal {
  aborted = false
  reason: unknown = undefined
  onabort: AbortSignal['onabort'] = null
  private first: Listener = null
  private others: Set<Listener> | undefined

  /** Once; who leaves twice has left for the first reason. */
  leave(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const told = [this.first, ...(this.others ?? [])]
    this.first = null
    this.others = undefined
    for (const listener of told) this.tell(listener)
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** Told once, whatever the options say: nobody leaves twice. */
  addEventListener(_type: string, listener: Listener): void {
    if (this.first === null) this.first = listener
    else if (this.first !== listener) this.others = (this.others ?? new Set()).add(listener)
  }

  removeEventListener(_type: string, listener: Listener): void {
    if (this.first === listener) this.first = null
    else this.others?.delete(listener)
  }

  /** An event from outside is no reason to leave. */
  dispatchEvent(): boolean {
    return true
  }

  private tell(listener: Listener) {
    if (listener === null) return
    const event = new Event('abort')
    if (typeof listener === 'function') listener.call(this, event)
    else listener.handleEvent(event)
  }
}

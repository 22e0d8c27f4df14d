import { hash } from 'node:crypto'

/**
 * Whether a conversation belongs to so many per cent of them. Nothing but its own words goes into it, so that every
 * replica decides the same; a share that grows keeps those that it had.
 */
export const isAmong = (percent: number, client: string, conversation: string): boolean => {
  const digest = hash('sha256', `${client}\0${conversation}`, 'hex')
  return Number.parseInt(digest.slice(0, 8), 16) / 2 ** 32 < percent / 100
}

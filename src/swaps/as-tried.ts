import { GatewayError } from '../errors.ts'
import type { Change } from './change.ts'

/** A map's text in place of the one that is served: what was tried was compared with that, and with no half-done edit. */
export const asTried =
  (source: string): Change['edit'] =>
  (current, stands) => {
    if (stands.toString('utf8') === current.text) return source
    throw new GatewayError(
      'version_changed',
      'The map file says something else than what is served: somebody is changing it, or the change is not usable. Mend that first.',
    )
  }

import { z } from 'zod'

/** What a task, an expert or a key of a client may be called. */
export const identifier = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]*$/i,
    'must be letters, digits, ".", "-" or "_", and begin with a letter or digit',
  )
  .max(100)

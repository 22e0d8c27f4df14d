import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { describe } from '../errors.ts'
import { replaceFile } from '../knowledge/replace-file.ts'
import type { CandidateEvents, Ended } from '../routing/candidate/place.ts'

export type CandidateNote = {
  /** The candidate that was standing when the process before this one ended. */
  readonly forgotten: Ended | undefined
  readonly events: CandidateEvents
  close(): Promise<void>
}

const note = z.object({ version: z.string(), since: z.string() })

/** Which candidate stands, on disk: not to bring it back, but so that a restart can say what it has forgotten. */
export const openCandidateNote = async (
  dataPath: string,
  onProblem: (problem: string) => void,
): Promise<CandidateNote> => {
  const path = join(dataPath, 'candidate.json')
  let last: Promise<unknown> = Promise.resolve()
  const then = (work: () => Promise<unknown>) => {
    last = last.then(work).catch(error => onProblem(`which candidate stands is not kept: ${describe(error)}`))
  }
  const forget = () => rm(path, { force: true })
  const found = await readNote(path)
  if (found !== undefined) then(forget)
  return {
    forgotten: found && {
      at: new Date().toISOString(),
      version: found.version,
      outcome: 'forgotten',
      because: `it stood since ${found.since} when the gateway was restarted`,
      seen: 0,
      moved: 0,
    },
    events: {
      candidateBegan: version =>
        then(() => replaceFile(path, JSON.stringify({ version, since: new Date().toISOString() }))),
      candidateEnded({ outcome }) {
        // The one that took its place stands there by now; what ends with the process is for the next one to tell.
        if (outcome !== 'replaced' && outcome !== 'forgotten') then(forget)
      },
    },
    close: async () => void (await last),
  }
}

const readNote = async (path: string) => {
  try {
    return note.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

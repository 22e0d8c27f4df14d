import { Done, Problem } from './notice.tsx'

/** What became of the last thing that was done. */
export const Outcome = ({ problem, done }: { problem: string | undefined; done: string | undefined }) => {
  if (problem !== undefined) return <Problem>{problem}</Problem>
  return done === undefined ? null : <Done>{done}</Done>
}

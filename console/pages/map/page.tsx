import { Sections } from '../../parts/sections.tsx'
import { CandidateSection } from './candidate.tsx'
import { EditSection } from './edit.tsx'
import { HistorySection } from './history.tsx'
import { ScoresSection } from './scores.tsx'

const sections = [
  ['', 'Scores'],
  ['edit', 'Edit'],
  ['candidate', 'Candidate'],
  ['history', 'History'],
] as const

export const MapPage = ({ section }: { section: string }) => {
  const [current] = sections.find(([name]) => name === section) ?? sections[0]
  return (
    <>
      <Sections page="map" current={current} of={sections} />
      <Section name={current} />
    </>
  )
}

const Section = ({ name }: { name: (typeof sections)[number][0] }) => {
  switch (name) {
    case 'edit':
      return <EditSection />
    case 'candidate':
      return <CandidateSection />
    case 'history':
      return <HistorySection />
    case '':
      return <ScoresSection />
  }
}

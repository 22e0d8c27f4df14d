import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Node = {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: number[]
}
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[] }

/** Where a process spent its time, by function: what `node --cpu-prof` wrote of its main thread. */
export const topOf = (folder: string, count = 40): string => {
  const profiles = readdirSync(folder)
    .filter(name => name.endsWith('.cpuprofile'))
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile)
  const [main] = profiles.sort((a, b) => busy(b) - busy(a))
  if (main === undefined) return 'no profile was written'
  const self = selfTimes(main)
  const total = [...self.values()].reduce((sum, ms) => sum + ms, 0)
  return [...self]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name, ms]) => `${((100 * ms) / total).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

const isIdle = ({ callFrame }: Node) =>
  callFrame.functionName === '(idle)' || callFrame.functionName === '(program)'

const selfTimes = ({ nodes, samples, timeDeltas }: Profile) => {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const self = new Map<string, number>()
  samples.forEach((id, index) => {
    const node = byId.get(id)
    if (node === undefined || isIdle(node)) return
    const { functionName, url, lineNumber } = node.callFrame
    const place = url.replace(/^.*\/(node_modules|dist)\//, '$1/').replace('file://', '')
    const name = `${functionName || '(anonymous)'}  ${place}${url ? `:${lineNumber + 1}` : ''}`
    self.set(name, (self.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1_000)
  })
  return self
}

const busy = (profile: Profile) => [...selfTimes(profile).values()].reduce((sum, ms) => sum + ms, 0)

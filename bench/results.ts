import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join, relative } from 'node:path'
import type { Growth } from './growth.ts'
import { generator } from './load.ts'
import type { Line } from './measure.ts'
import type { MemoryFigures } from './memory.ts'
import { benchPath } from './place.ts'
import { plotOf } from './plot.ts'
import type { PolicyFigures } from './policies.ts'
import { growthTables, tables } from './table.ts'

export type Result = {
  readonly lines: readonly Line[]
  readonly policies?: PolicyFigures | undefined
  readonly memory?: MemoryFigures | undefined
  readonly growth?: readonly Growth[] | undefined
}

export type Machine = {
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly generator: string
  /** What ran already when the benchmark began: above a few tenths, only processor times say anything. */
  readonly loadBefore: number
}

const loadBefore = loadavg()[0] ?? Number.NaN

export const machineHere = (): Machine => ({
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  generator,
  loadBefore,
})

/** A table to read, the figures to reckon with, and pictures; all bear the moment they were taken at. */
export const writeResult = async (name: string, result: Result, print: (text: string) => void) => {
  const { lines, policies, memory, growth } = result
  const folder = join(benchPath, 'results')
  mkdirSync(folder, { recursive: true })
  const machine = machineHere()
  const at = new Date().toISOString()
  const path = join(folder, `${name}-${at.replace(/\W/g, '-').slice(0, 19)}`)
  const text = [
    `Node ${machine.node}, ${machine.cores} cores (${machine.cpu}), load before ${machine.loadBefore.toFixed(1)}, load by ${generator}, ${at}`,
    tables(lines),
    ...(policies === undefined ? [] : [policiesText(policies)]),
    ...(memory === undefined ? [] : [memoryText(memory)]),
    ...(growth === undefined ? [] : [growthTables(growth)]),
  ].join('\n')
  writeFileSync(`${path}.md`, text)
  writeFileSync(`${path}.json`, JSON.stringify({ at, machine, ...result }, null, 2))
  for (const one of growth ?? []) writeFileSync(`${path}-${one.name}.svg`, await plotOf(one))
  print(`${text}\nWritten: ${relative(process.cwd(), path)}.{md,json}`)
}

const policiesText = ({ bareUs, wrappedUs, addedUs }: PolicyFigures) =>
  `### Policies on a healthy expert\n\nA bare call ${bareUs.toFixed(2)} µs, with breaker, deadline, retry and a place ` +
  `${wrappedUs.toFixed(2)} µs (p50): ${addedUs.toFixed(2)} µs added.\n`

const memoryText = ({ idleMb, loadedMb, minutes }: MemoryFigures) =>
  `### Resident memory\n\nIdle ${idleMb.toFixed(0)} MB, after ${minutes} min at full load ${loadedMb.toFixed(0)} MB.\n`

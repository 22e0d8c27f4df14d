import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { generator } from './load.ts'
import type { Line } from './measure.ts'
import { benchPath } from './place.ts'
import type { PolicyFigures } from './policies.ts'
import { tables } from './table.ts'

export type Result = { readonly lines: readonly Line[]; readonly policies?: PolicyFigures | undefined }

/** A table to read and the figures to reckon with; both bear the moment they were taken at. */
export const writeResult = (name: string, { lines, policies }: Result, print: (text: string) => void) => {
  const folder = join(benchPath, 'results')
  mkdirSync(folder, { recursive: true })
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    generator,
  }
  const at = new Date().toISOString()
  const path = join(folder, `${name}-${at.replace(/\W/g, '-').slice(0, 19)}`)
  const text = [
    `Node ${machine.node}, ${machine.cores} cores (${machine.cpu}), load by ${generator}, ${at}`,
    tables(lines),
    ...(policies === undefined ? [] : [policiesText(policies)]),
  ].join('\n')
  writeFileSync(`${path}.md`, text)
  writeFileSync(`${path}.json`, JSON.stringify({ at, machine, lines, policies }, null, 2))
  print(`${text}\nWritten: ${relative(process.cwd(), path)}.{md,json}`)
}

const policiesText = ({ bareUs, wrappedUs, addedUs }: PolicyFigures) =>
  `### Policies on a healthy expert\n\nA bare call ${bareUs.toFixed(2)} µs, with breaker, deadline, retry and a place ` +
  `${wrappedUs.toFixed(2)} µs (p50): ${addedUs.toFixed(2)} µs added.\n`

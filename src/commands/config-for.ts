import { type Config, loadConfig } from '../config.ts'
import type { Invocation } from './command.ts'

/** What the environment says, `--map` before it. */
export const configFor = ({ values, environment }: Pick<Invocation, 'values' | 'environment'>): Config =>
  loadConfig({ ...environment, ...(values.map === undefined ? {} : { COE_MAP: String(values.map) }) })

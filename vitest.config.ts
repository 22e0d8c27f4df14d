import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** A process for each of these: they count its handles, its memory or its turns, or break what all gateways in it share. */
const alone = [
  'faults/faults',
  'http/bodies',
  'promises/limits',
  'promises/metrics',
  'promises/never-the-router',
].map(name => `test/${name}.test.ts`)

/** What takes longest, so that it does not begin when all others are done. The rest goes by size. */
const slowest = ['fresh-start', 'commands/commands', 'promises/classifier', 'promises/hostile', 'rank/killed']

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      if (project.config.isolate) return -1
      const found = slowest.findIndex(name => moduleId.endsWith(`${name}.test.ts`))
      return found === -1 ? slowest.length : found
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/** Nothing is measured by these times. They end what hangs, on a machine however busy. */
const patient = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000, interval: 10 } },
}

export default defineConfig({
  test: {
    // Compiles src/ first: worker threads and the promises of the whole gateway run what `npm start` runs.
    globalSetup: ['test/build.ts'],
    // All cores: tests wait more than they compute. By default one is left free, which of two is half.
    maxWorkers: '100%',
    sequence: { sequencer: SlowestFirst },
    projects: [
      { test: { name: 'alone', include: alone, pool: 'forks', ...patient } },
      {
        test: {
          // One file after the other in a process for each core, which loads the gateway once and not for each file.
          ...{
            name: 'together',
            include: ['test/**/*.test.ts'],
            exclude: [...configDefaults.exclude, ...alone],
          },
          ...{ pool: 'forks', isolate: false, ...patient },
        },
      },
    ],
  },
})

import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Folders whose files start no gateway: they follow each other in one process, which loads everything once. */
const parts = `test/{${[
  ...['docs', 'docker', 'experts', 'http', 'knowledge', 'measure', 'observe', 'processes', 'resilience'],
  ...['retrieval', 'routing', 'swaps'],
].join(',')}}/**/*.test.ts`

/** What takes longest, so that it does not begin when all others are done. The rest goes by size. */
const slowest = ['fresh-start', 'commands/commands', 'promises/classifier', 'promises/hostile', 'rank/killed']

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const found = slowest.findIndex(name => moduleId.endsWith(`${name}.test.ts`))
      if (found !== -1) return found
      return project.config.isolate ? slowest.length : slowest.length + 1
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
      {
        test: {
          ...{ name: 'whole', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, parts] },
          ...{ pool: 'forks', ...patient },
        },
      },
      { test: { name: 'parts', include: [parts], pool: 'forks', isolate: false, ...patient } },
    ],
  },
})

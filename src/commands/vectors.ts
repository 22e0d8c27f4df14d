import { loadConfig } from '../config.ts'
import { readSources } from '../knowledge/sources.ts'
import { loadEncoder } from '../retrieval/encoder.ts'
import { asCompared } from '../retrieval/essence.ts'
import { forEncoder } from '../retrieval/text.ts'
import { writeVectors } from '../retrieval/vectors.ts'

// Run by `npm run vectors` after the shipped context has changed: its vectors come with the weights, so that a first
// start encodes nothing. What is missing or stale there is encoded by the start that misses it.
const { mapPath, modelsPath, environment } = loadConfig({})
const { examples, keywords } = await readSources(mapPath, environment)
const encoder = await loadEncoder(modelsPath)
const texts = [
  ...new Set([
    ...examples.map(example => forEncoder(asCompared(example))),
    ...keywords.map(({ text }) => text),
  ]),
]
const entries: [string, Float32Array][] = []
for (const text of texts) entries.push([text, await encoder.encode(text)])
await writeVectors(modelsPath, encoder.id, entries)
process.stdout.write(`${entries.length} vectors written to ${modelsPath}\n`)

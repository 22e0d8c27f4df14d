import { writeFile } from 'node:fs/promises'
import { mapJsonSchema } from '../knowledge/map.ts'

// Run by `npm run schema`: what editors check a map with, from the same source as the program's own check.
await writeFile('mappings/map.schema.json', `${JSON.stringify(mapJsonSchema(), null, 2)}\n`)

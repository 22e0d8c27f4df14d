import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import type { Problem } from '../problem.ts'

/** One file of somebody's question set, and what its place says about it. */
export type SourceFile = {
  readonly path: string
  /** Without folder, endings and split: `UnitTesting`, `high_school_physics`. */
  readonly name: string
  readonly split: string | undefined
  readonly lang: string | undefined
  /** As seen from the folder that was named on the command line. */
  readonly within: string
}

const MAX_FILES = 10_000
const ending = /\.(csv|tsv|json|jsonl|ndjson)(\.gz)?$/i
const splits = ['dev', 'val', 'validation', 'test', 'train']

/** Folders are looked through to the bottom; what is no question file by its name is passed over. */
export const filesIn = async (sources: readonly string[]) => {
  const problems: Problem[] = []
  const files: SourceFile[] = []
  const complain = (file: string, message: string) =>
    problems.push({ file, line: 1, column: 1, message, severity: 'error' })
  for (const source of sources) {
    const about = await stat(source).catch((error: Error) => error)
    if (about instanceof Error) complain(source, `cannot be read: ${about.message}`)
    else if (!about.isDirectory()) files.push(sourceFile(source, dirname(source)))
    else {
      const found = await filesOf(source)
      if (found.length === 0) complain(source, 'holds no .csv, .tsv, .json or .jsonl file')
      files.push(...found)
    }
  }
  if (files.length > MAX_FILES) complain(sources[0] ?? '.', `holds more than ${MAX_FILES} files`)
  return { files: files.slice(0, MAX_FILES), problems }
}

const filesOf = async (folder: string): Promise<SourceFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory() && ending.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !relative(folder, path).split(sep).some(isHidden))
    .sort()
    .map(path => sourceFile(path, folder))
}

const isHidden = (part: string) => part.startsWith('.') || part.startsWith('__')

const sourceFile = (path: string, root: string): SourceFile => {
  const within = relative(root, path)
  const folders = within.toLowerCase().split(sep).slice(0, -1)
  const stem = basename(path).replace(/\.gz$/i, '').replace(ending, '')
  const [, bare, suffix] = /^(.+)[_-](dev|val|validation|test|train)$/i.exec(stem) ?? []
  const folderSplit = folders.findLast(folder => splits.includes(folder))
  // In a folder `dev`, the file `unit_test` is about unit tests.
  const isSplit = suffix !== undefined && (folderSplit ?? suffix.toLowerCase()) === suffix.toLowerCase()
  return {
    path,
    name: isSplit && bare !== undefined ? bare : stem,
    split: folderSplit ?? suffix?.toLowerCase(),
    lang: folders.findLast(folder => folder === 'en' || folder === 'zh'),
    within,
  }
}

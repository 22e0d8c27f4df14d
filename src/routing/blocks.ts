/**
 * Blocks that programs put into a person's message. Only names that nobody writes for another reason stand here: a
 * `<context>` may be somebody's XML file, and is the business of a wrapper that sees more than the tag.
 */
const ofMachines = [
  // Claude Code and the editors it runs in
  ...['system-reminder', 'system_reminder', 'local-command-stdout', 'local-command-stderr'],
  ...['local-command-caveat', 'bash-input', 'bash-stdout', 'bash-stderr', 'task-notification'],
  ...['user-prompt-submit-hook', 'command-message', 'ide_opened_file', 'ide_selection', 'ide_diagnostics'],
  // Cline, Roo Code
  ...['environment_details', 'explicit_instructions', 'workspace_diagnostics', 'git_working_state'],
  // Codex
  ...['environment_context', 'user_instructions', 'turn_aborted', 'subagent_notification'],
  // Tools whose results travel as text
  ...['tool_result', 'tool_results', 'function_results'],
]

/** What Cline and Roo read for a person; theirs only with the place it was read from. */
const withPlace = ['file_content', 'folder_content', 'url_content']

const closing = new RegExp(`</(?:${[...ofMachines, ...withPlace].join('|')})>`)
const opening = `<(?:(${ofMachines.join('|')})[\\s>]|(${withPlace.join('|')}) )`

/**
 * The text without such blocks, in one pass whatever it holds. A block counts where a program puts it: at the start
 * of a line, closed, and not in a code fence, where a person shows one.
 */
export const withoutBlocks = (text: string): string => {
  if (!closing.test(text)) return text
  const last = text.lastIndexOf('</')
  const end = endsIn(text)
  const marks = new RegExp(text.includes('```') ? `^\`\`\`|${opening}` : opening, 'gm')
  const kept: string[] = []
  let from = 0
  for (let mark = marks.exec(text); mark !== null && mark.index < last; mark = marks.exec(text)) {
    const name = mark[1] ?? mark[2]
    if (name === undefined) {
      marks.lastIndex = end('\n```', mark.index + 3) ?? marks.lastIndex
    } else if (startsLine(text, mark.index)) {
      const close = end(`</${name}>`, marks.lastIndex)
      if (close === undefined) continue
      kept.push(text.slice(from, mark.index))
      from = close
      marks.lastIndex = close
    }
  }
  return [...kept, text.slice(from)].join('')
}

/** What stands between the last `<name>` and its end, and around both. */
export const inside = (text: string, name: string) => {
  const close = text.lastIndexOf(`</${name}>`)
  const open = close === -1 ? -1 : text.lastIndexOf(`<${name}>`, close)
  if (open === -1) return undefined
  return {
    before: text.slice(0, open).trim(),
    content: text.slice(open + name.length + 2, close).trim(),
    after: text.slice(close + name.length + 3).trim(),
  }
}

/** Where something ends that is looked for from a place on. What is nowhere ahead is not looked for twice. */
const endsIn = (text: string) => {
  const absent = new Set<string>()
  return (what: string, from: number): number | undefined => {
    if (absent.has(what)) return undefined
    const at = text.indexOf(what, from)
    if (at === -1) absent.add(what)
    return at === -1 ? undefined : at + what.length
  }
}

const startsLine = (text: string, at: number) => {
  let before = at - 1
  while (text[before] === ' ' || text[before] === '\t') before -= 1
  return before < 0 || text[before] === '\n' || text[before] === '>'
}

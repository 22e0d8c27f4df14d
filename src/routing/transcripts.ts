/** A conversation written as text, "USER: …" and "ASSISTANT: …" at the start of lines: what the people said. */
export const saidByPeople = (text: string, speaker: RegExp): readonly string[] => {
  const turns = [...text.matchAll(speaker)]
  return turns.flatMap((turn, index) => {
    const said = text.slice(turn.index + turn[0].length, turns[index + 1]?.index).trim()
    return said === '' || isMachine.test(turn[0]) ? [] : [said]
  })
}

const isMachine = /\b(assistant|ai|bot|model|system|tool)\b|助手|[-_]bot\b/i

/** Written by a program: few names, spelt in one way. A log's "user: alice" is not one of them. */
export const roles =
  /^(?:USER|ASSISTANT|SYSTEM|TOOL|User|Human|Assistant|AI|System|Tool|用户|助手|用户提问|AI回答)[:：] ?/gm

export const capitals = /^(?:USER|ASSISTANT|SYSTEM|TOOL): ?/gm

/** Slack writes people as ids, or a bot resolved them to names. */
export const slackIds = /^(?:<@[UW][A-Z0-9]{2,}(?:\|[^>\n]{1,80})?>|[UW][A-Z0-9]{8,}): /gm
export const names = /^(?:\[[^\]\n]{1,30}\] )?@?\w[\w.@() -]{0,40}: /gm

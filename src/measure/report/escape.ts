const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escapeText = (text: string) => text.replace(/[&<>"]/g, char => entities[char] ?? char)

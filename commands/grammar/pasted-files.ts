/** An `environment.yml` pasted where packages were expected. */

const KEY = /(?:^|\s)(?:name|channels|dependencies|prefix|variables|platforms):(?=\s|$)/;

/** The file within a typed text, with its lines, and what stands before it; null where there is none. */
export function pastedFile(typed: string): { before: string; text: string } | null {
  if (!/(?:^|\s)dependencies:\s+-\s/.test(typed)) return null;
  const start = KEY.exec(typed)?.index ?? 0;
  return { before: typed.slice(0, start).trim(), text: withLines(typed.slice(start)) };
}

/** Lines are lost where a chat client makes one of them; keys and dashes begin them again. */
function withLines(text: string): string {
  if (text.trim().includes('\n')) return text.replace(/^[^\S\n]+/, '');
  const lines = text
    .trim()
    .replace(/\s+(?=-\s|[a-z]+:(?:\s|$))/g, '\n')
    .replace(/-\n(?=pip:)/g, '- ')
    .split('\n');
  const pip = lines.findIndex((line) => /^-\s+pip:$/.test(line));
  // How deep they stood is lost as well: what follows `- pip:` is pip's.
  return lines
    .map((line, at) => (pip >= 0 && at > pip && line.startsWith('-') ? `    ${line}` : line))
    .join('\n');
}

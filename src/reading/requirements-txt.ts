import { readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';

/** What stands above the table that `pip list` writes. */
export const TABLE_HEAD = /^Package[ \t]+Version\b/m;

/** A file of `pip install -r` (pip, "Requirements file format"), or what `pip list` writes. */
export function readRequirementsFile(rows: Rows): void {
  const isTable = rows.lines.some((line) => TABLE_HEAD.test(line));
  for (const { text, line } of logicalLines(rows.lines)) {
    if (readPackageComment(rows, text, line)) continue;
    readRequirementRow(rows, (isTable && tableRow(text)) || text, line);
  }
}

/** A row of the table; what has a location there is code of a folder. */
function tableRow(text: string): string | null {
  const [, name, version, location] = /^(\S+)\s+(\d\S*)(?:\s+(\S.*))?$/.exec(text.trim()) ?? [];
  if (name === undefined) return null;
  return location === undefined ? `${name}==${version}` : `-e ${location}`;
}

/**
 * A `\` at the end joins the next line, and a comment ends what is joined (pip, `join_lines` of
 * `req_file.py`); the line is that of the beginning.
 */
function logicalLines(lines: readonly string[]): { text: string; line: number }[] {
  const joined: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | null = null;
  for (const [index, typed] of lines.entries()) {
    const isComment = /^\s*#/.test(typed);
    const continues = !isComment && /\\\s*$/.test(typed);
    const text = continues ? typed.replace(/\\\s*$/, ' ') : typed;
    const row: { text: string; line: number } =
      open === null ? { text, line: index + 1 } : { ...open, text: `${open.text} ${text}` };
    open = continues ? row : null;
    if (open === null) joined.push(row);
  }
  return open === null ? joined : [...joined, open];
}

/** `pip list` and `pip freeze` write tables and remarks around their rows. */
function readPackageComment(rows: Rows, text: string, line: number): boolean {
  if (TABLE_HEAD.test(text) || /^---[\s-]*$/.test(text)) return true;
  if (!/^\s*\[notice\]|^WARNING:/.test(text)) return false;
  rows.note(line, 'A remark of pip’s is left out.');
  return true;
}

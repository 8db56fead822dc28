import { readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';

/** A file of `pip install -r` (pip, "Requirements file format"). */
export function readRequirementsFile(rows: Rows): void {
  for (const { text, line } of logicalLines(rows.lines)) {
    if (!readPackageComment(rows, text, line)) readRequirementRow(rows, text, line);
  }
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
  if (/^(?:Package\s+Version\b|-{3,}[\s-]*$)/.test(text.trim())) return true;
  if (!/^\s*\[notice\]|^WARNING:/.test(text)) return false;
  rows.note(line, 'A remark of pip’s is left out.');
  return true;
}

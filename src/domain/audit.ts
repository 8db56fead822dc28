import type { Requester } from './build.ts';
import { withoutSecrets } from './secrets.ts';

/** Something a person asked for that changes what others see: who, when, from where, what came of it. */
export interface AuditEntry {
  at: number;
  /** The channel is where it was asked; its id in Slack, `terminal`, or `schedule`. */
  requester: Requester;
  /** Who was logged in where the command line was run; null where Slack says who asked. */
  login: string | null;
  /** What was done, in the word of its command: `create`. */
  deed: string;
  environment: string | null;
  build: string | null;
  /** As it would be typed: `create churn numpy`. */
  text: string;
  /** The approval it was done by; null where none was needed. */
  approval: ApprovedBy | null;
  /** `done`, or the code of the error that it ended with. */
  outcome: string;
}

/** An approval by its id, and who gave it. */
export interface ApprovedBy {
  id: string;
  by: string[];
}

/** What somebody said for it, else what says the same. */
export function wordsOf({ requester, text }: AuditEntry): string {
  return requester.said ?? text;
}

/** Longer words are told by their beginning. */
const LONGEST_SAID = 500;
/** Characters that are looked at for it: what is taken out of them is longer than what stands in its place. */
const LONGEST_LOOK = 16 * LONGEST_SAID;

/** What was said as it is kept: on one line, without what looks like a secret. */
export function saidAs(text: string, file: string | null): string {
  const trimmed = text.trim();
  const beginning = beginningOf(trimmed, LONGEST_LOOK);
  const line = withoutSecrets(beginning.replace(/\s+/g, ' ').trim(), 'log');
  const isCut = line.length > LONGEST_SAID || beginning.length < trimmed.length;
  const short = isCut ? `${line.slice(0, LONGEST_SAID)}…` : line;
  return file === null ? short : `${short} (with ${file})`;
}

/** At most so many characters, in whole words: half a secret does not look like one. */
function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const beginning = text.slice(0, most);
  return /\s/.test(text[most] ?? '') ? beginning : beginning.replace(/\S+$/, '');
}

export const DONE = 'done';

/** How long the audit is kept: whatever is older, or more, is dropped. */
export interface AuditBounds {
  days: number;
  entries: number;
  /** Of what was refused, beside those: whoever is refused again and again drops nothing that was done. */
  refused: number;
}

/** Which entries are asked for. */
export interface AuditFilter {
  user: string | null;
  /** A deed, or the word with which it was said. */
  deed: string | null;
  environment: string | null;
  /** Not older than so many milliseconds. */
  withinMs: number;
  /** The newest so many. */
  limit: number;
}

import type { Requester } from './build.ts';

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
  /** `done`, or the code of the error that it ended with. */
  outcome: string;
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
  environment: string | null;
  /** Not older than so many milliseconds. */
  withinMs: number;
  /** The newest so many. */
  limit: number;
}

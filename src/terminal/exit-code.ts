/** With which code a command ends whose answer this is. */
import { type ErrorKind, exitCodeFor } from '../domain/errors.ts';
import type { Phrase } from '../domain/phrase.ts';
import type { Reply } from '../domain/reply.ts';

/** Why nothing came of what was asked for, and who has to act first. */
export interface Undone {
  code: string;
  kind: ErrorKind;
  message: Phrase;
  suggestion: Phrase | null;
}

/** 0 where it was done or goes on; else whose turn it is, as for errors. */
export function exitCodeOf(reply: Reply): number {
  const error = undone(reply);
  return error === null ? 0 : exitCodeFor(error);
}

/** Null where it was done or goes on. */
export function undone(reply: Reply): Undone | null {
  if (reply.kind === 'refusal') return reply.error;
  if (reply.kind === 'form') return UNNAMED;
  if (reply.kind !== 'build') return null;
  const { state, failure, request } = reply.build;
  if (state === 'cancelled') return cancelled(request.environment);
  if (state !== 'failed') return null;
  const { code, kind, message, suggestion } = failure ?? UNTOLD;
  return { code, kind, message, suggestion };
}

/** Of a record that lacks it. */
const UNTOLD: Undone = {
  code: 'failed',
  kind: 'outside',
  message: 'The build failed.',
  suggestion: null,
};

/** No form opens in a terminal. */
const UNNAMED: Undone = {
  code: 'missing-argument',
  kind: 'user',
  message: 'Name the environment and its packages.',
  suggestion: '`create churn python=3.11 numpy`',
};

/** Somebody wanted it to end: there is no line. */
const cancelled = (environment: string): Undone => ({
  code: 'cancelled',
  kind: 'user',
  message: `The build of ${environment} was cancelled.`,
  suggestion: null,
});

/** The same in words, for help. */
export const EXIT_NOTE =
  'Exit 1 where it is refused for what was asked, where words are missing, or where the build fails for what it was asked or is cancelled; 2 where something outside refuses or fails. `status` of a build ends as the build did. A build that goes on ends with 0: `--wait` stays for its end.';

/** With which code a command ends whose answer this is. */
import { type ErrorKind, EXIT_CODES } from '../domain/errors.ts';
import type { Reply } from '../domain/reply.ts';

/** 0 where it was done; else whose turn it is, as for errors. */
export function exitCodeOf(reply: Reply): number {
  const kind = failureOf(reply);
  return kind === null ? 0 : EXIT_CODES[kind];
}

/** Who has to act before what was asked for can be; null where nobody has to. */
function failureOf(reply: Reply): ErrorKind | null {
  // No form opens in a terminal: words are missing.
  if (reply.kind === 'form') return 'user';
  if (reply.kind === 'refusal') return reply.error.kind;
  if (reply.kind !== 'build') return null;
  const { state, failure } = reply.build;
  // Somebody wanted it to end; there is no line.
  if (state === 'cancelled') return 'user';
  return state === 'failed' ? (failure?.kind ?? 'outside') : null;
}

/** The same in words, for help. */
export const EXIT_NOTE =
  'Exit 1 where it is refused for what was asked, where words are missing, or where the build fails for what it was asked or is cancelled; 2 where something outside refuses or fails. `status` of a build ends as the build did. A build that goes on ends with 0: `--wait` stays for its end.';

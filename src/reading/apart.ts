import { type FerryError, userError } from '../domain/errors.ts';
import { printable } from '../domain/names.ts';
import { receiveError, type SentError } from '../domain/sent-error.ts';
import type { FileContent, ReadSettings } from './content.ts';
import { inThread } from './in-thread.ts';

/** What came of reading a file. */
export type ReadFile = { content: FileContent } | { error: FerryError };

/** What a thread is given, as the words of `readPackagesFile`. */
export interface Asked {
  name: string | null;
  bytes: Uint8Array;
  settings: ReadSettings;
}

/** What it answers. */
export type Answered = { content: FileContent } | { error: SentError };

/**
 * Reads a file as `readPackagesFile` does, in a thread of its own: what else goes on here goes on.
 * `settings.has` must be null. Does not reject for a file that cannot be read, which is an outcome:
 * also `file-too-large` for one that takes too long or too much memory.
 */
export async function readApart(asked: Asked): Promise<ReadFile> {
  const answer = await inThread<Answered>(new URL('./thread.ts', import.meta.url), asked);
  if (answer === null) return { error: tooMuchToRead(asked.name) };
  return 'error' in answer ? { error: receiveError(answer.error) } : answer;
}

function tooMuchToRead(name: string | null): FerryError {
  return userError({
    code: 'file-too-large',
    message: `\`${name === null ? 'standard input' : printable(name)}\` takes too long to read.`,
    suggestion: 'Give the file that lists the packages, not what was made from it.',
  });
}

import { Worker } from 'node:worker_threads';
import { type FerryError, userError } from '../domain/errors.ts';
import { printable } from '../domain/names.ts';
import { receiveError, type SentError } from '../domain/sent-error.ts';
import type { FileContent, ReadSettings } from './content.ts';

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

/** The largest lock takes a second of a thread that has a core for itself. */
const PATIENCE_MS = 60_000;
/** Many times what the largest file needs. */
const MEGABYTES = 512;

/** One file is read at a time: as many as people attach would take all memory. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Reads a file as `readPackagesFile` does, in a thread of its own: what else goes on here goes on.
 * `settings.has` must be null. Does not reject for a file that cannot be read, which is an outcome:
 * also `file-too-large` for one that takes too long or too much memory.
 */
export function readApart(asked: Asked): Promise<ReadFile> {
  const reading = before.then(() => inThread(asked));
  before = reading.catch(() => undefined);
  return reading;
}

function inThread(asked: Asked): Promise<ReadFile> {
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: asked,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
  });
  const { promise, resolve, reject } = Promise.withResolvers<ReadFile>();
  const tooMuch = () => resolve({ error: tooMuchToRead(asked.name) });
  const patience = setTimeout(tooMuch, PATIENCE_MS);
  thread.once('message', (answer: Answered) =>
    resolve('error' in answer ? { error: receiveError(answer.error) } : answer),
  );
  thread.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : reject(error),
  );
  return promise.finally(() => {
    clearTimeout(patience);
    return thread.terminate();
  });
}

function tooMuchToRead(name: string | null): FerryError {
  return userError({
    code: 'file-too-large',
    message: `\`${name === null ? 'standard input' : printable(name)}\` takes too long to read.`,
    suggestion: 'Give the file that lists the packages, not what was made from it.',
  });
}

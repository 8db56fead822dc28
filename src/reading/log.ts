import { userError } from '../domain/errors.ts';
import { inThread } from './in-thread.ts';
import type { Log, LogContent } from './log-content.ts';

/** Bytes that are read sooner than a thread begins, whatever they are. */
const SHORT = 4_000;

/**
 * Reads a log, a long one in a thread: what else goes on here goes on. Throws `log-too-long` for what
 * takes too long or too much memory.
 */
export async function readLog(log: Log): Promise<LogContent> {
  const bytes = log.files.reduce((sum, file) => sum + file.length, log.text.length);
  // The catalogue of failures is large, and little else needs it.
  if (bytes <= SHORT) return (await import('./log-content.ts')).contentOfLog(log);
  const content = await inThread<LogContent>(new URL('./log-thread.ts', import.meta.url), log);
  if (content !== null) return content;
  throw userError({
    code: 'log-too-long',
    message: 'This log takes too long to read.',
    suggestion: 'Send the part of it around the first error.',
  });
}

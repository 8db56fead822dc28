import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { FerryError, outsideError, userError } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import type { Store } from '../domain/ports.ts';
import { backupLines, type Counts, unreadable } from '../pipeline/backup.ts';

/** A backup as a file: lines of JSON, compressed (zstd). */

/**
 * Writes one in place of what is there, in one step. `left`: records that this version cannot read; `tell` is
 * told how many there are by now. Errors: `file-unwritable`.
 */
export async function writeBackup(
  store: Store,
  file: string,
  now: number,
  signal: AbortSignal,
  tell: (text: string) => void = () => undefined,
): Promise<{ counts: Counts; left: readonly string[] }> {
  const left: string[] = [];
  let counts: Counts = {};
  const lines = async function* () {
    const source = backupLines(store, now, (label) => left.push(label));
    for (let written = 0; ; written += 1) {
      const next = await source.next();
      if (next.done) {
        counts = next.value;
        return;
      }
      tell(counted(written, 'record'));
      yield next.value;
    }
  };
  const part = `${file}.part-${process.pid}`;
  try {
    const target = createWriteStream(part, { mode: 0o600, flush: true });
    await pipeline(Readable.from(lines()), createZstdCompress(), target, { signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    signal.throwIfAborted();
    throw hasCode(error) ? notWritten(file, error.message) : error;
  }
  return { counts, left };
}

/** Its lines. Errors: `file-unreadable`, `backup-unreadable`. */
export async function* readBackup(file: string): AsyncGenerator<string> {
  const unpacked = createZstdDecompress();
  const source = createReadStream(file).on('error', (error) => unpacked.destroy(error));
  source.pipe(unpacked).setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of unpacked) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    if (!hasCode(error)) throw error;
    throw error.code.startsWith('E') && !error.code.startsWith('ERR_')
      ? notRead(file, error.message)
      : unreadable(`\`${file}\` is damaged, or no backup`);
  } finally {
    source.destroy();
  }
  if (rest !== '') yield rest;
}

/** What the system or a library said, and none of ours. */
function hasCode(error: unknown): error is Error & { code: string } {
  const isOwn = error instanceof FerryError;
  return !isOwn && error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function notWritten(file: string, why: string) {
  return outsideError({
    code: 'file-unwritable',
    message: `\`${file}\` cannot be written: ${why}.`,
    suggestion: 'Name a file in a folder that you may write to, with room for it.',
  });
}

function notRead(file: string, why: string) {
  return userError({
    code: 'file-unreadable',
    message: `\`${file}\` cannot be read: ${why}.`,
    suggestion: 'Name a file that `conda-ferry backup FILE` has written.',
  });
}

/** `3 environments, 12 builds` */
export function countsInWords(counts: Counts): string {
  const words = Object.entries(counts).map(([kind, count]) => {
    const [one, many] = WORDS[kind] ?? [kind];
    return counted(count, one, many);
  });
  return words.join(', ') || 'nothing';
}

const WORDS: Readonly<Record<string, readonly [one: string, many?: string]>> = {
  audit: ['line of the audit', 'lines of the audit'],
  modules: ['table of modules', 'tables of modules'],
};

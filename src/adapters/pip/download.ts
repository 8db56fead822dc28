import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { throwIfStopped } from '../../domain/errors.ts';
import type { LockedWheel } from '../../domain/lock.ts';
import type { Fetcher } from '../host/fetch.ts';
import { diskFull, indexUnreachable, tooLarge, wheelChanged, wheelGone } from './errors.ts';

/** Bytes of a wheel whose index does not say them. */
const LARGEST = 4 * 1024 ** 3;
/** A download that brings no byte for so long has stalled. */
const SILENT_MS = 60_000;

/**
 * Writes the bytes of a wheel to `path`, which is there only when they are the ones locked.
 * `received` is called with the bytes of each part. Throws `wheel-changed`, `wheel-gone`,
 * `wheel-too-large`, `disk-full` and `index-unreachable`.
 */
export async function download(
  fetcher: Fetcher,
  wheel: LockedWheel,
  path: string,
  { signal, received }: { signal: AbortSignal; received: (bytes: number) => void },
): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENT_MS);
  const part = `${path}.part-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const hash = createHash('sha256');
  const most = wheel.size ?? LARGEST;
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      hash.update(chunk);
      bytes += chunk.length;
      received(chunk.length);
      if (bytes <= most) done(null, chunk);
      else done(wheel.size === null ? tooLarge(wheel, LARGEST) : wheelChanged(wheel));
    },
  });
  try {
    const both = AbortSignal.any([signal, silence.signal]);
    const fetched = await fetcher.get(wheel.url, null, both);
    if (fetched.state !== 'found') throw wheelGone(wheel);
    await pipeline(fetched.body, counted, createWriteStream(part), { signal: both });
    if (hash.digest('hex') !== wheel.sha256) throw wheelChanged(wheel);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throwIfStopped(signal);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(error);
    if (['wheel-changed', 'wheel-gone', 'wheel-too-large'].includes(code ?? '')) throw error;
    const why = silence.signal.aborted ? 'no byte came for a minute' : (error as Error).message;
    throw indexUnreachable(new URL(wheel.url).host || 'its folder', why, error);
  } finally {
    clearTimeout(timer);
  }
}

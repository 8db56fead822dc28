import { existsSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { size } from '../../domain/figures.ts';
import type { LockedWheel } from '../../domain/lock.ts';
import type { Progress } from '../../domain/ports.ts';
import type { Fetcher } from '../host/fetch.ts';
import { download } from './download.ts';
import { wheelFile } from './wheel-tags.ts';

const AT_A_TIME = 4;

/** Some at a time, those that are not there; what is there already was used just now. */
export async function downloadAll(
  fetcher: Fetcher,
  wheels: readonly LockedWheel[],
  cache: string,
  progress: Progress,
): Promise<void> {
  const missing: LockedWheel[] = [];
  for (const wheel of wheels) {
    const path = join(cache, wheel.sha256);
    if (existsSync(path)) await utimes(path, new Date(), new Date());
    else missing.push(wheel);
  }
  const failed = new AbortController();
  const signal = AbortSignal.any([progress.signal, failed.signal]);
  let bytes = 0;
  const received = (part: number): void => {
    bytes += part;
    progress.detail(`${size(bytes)} of pip’s packages`);
  };
  const waiting = missing.values();
  const fetchNext = async (): Promise<void> => {
    for (const wheel of waiting) {
      progress.log(`${wheel.builtWith ? 'sdist' : 'wheel'} ${wheelFile(wheel.url)}`);
      await download(fetcher, wheel, join(cache, wheel.sha256), { signal, received });
    }
  };
  const all = Array.from({ length: AT_A_TIME }, () =>
    fetchNext().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(all);
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** Removes what was not used for longest, until no more than `most` bytes are there. */
export async function removeOldest(cache: string, most: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(cache)).map(async (name) => {
      const path = join(cache, name);
      const found = await stat(path).catch(() => null);
      return { path, bytes: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  let kept = 0;
  for (const { path, bytes } of files.sort((left, right) => right.usedAt - left.usedAt)) {
    kept += bytes;
    if (kept > most) await rm(path, { force: true });
  }
}

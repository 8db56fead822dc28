import { posix } from 'node:path';
import { isElf, readRunPaths } from './lint/elf.ts';

export interface MendedRunPaths {
  content: Buffer;
  /** Whether the loader would still look for libraries in the prefix. */
  left: boolean;
}

/**
 * RPATH and RUNPATH of a library or program with the prefix in them, changed in place to
 * `$ORIGIN/…`, which the loader takes for the file's own folder (ld.so(8)). Only where the new
 * text fits, and no other name shares its bytes: linkers keep a string that ends another one in
 * that other one.
 */
export function mendRunPaths(
  content: Buffer,
  path: string,
  names: readonly string[],
): MendedRunPaths {
  let mended = content;
  let left = false;
  if (!isElf(content)) return { content, left };
  for (const { text, at, isShared } of readRunPaths(content)) {
    const folders = text.split(':');
    const relative = folders.map((folder) => originOf(folder, path, names));
    if (relative.every((folder, index) => folder === folders[index])) continue;
    const changed = Buffer.from([...new Set(relative)].join(':'), 'latin1');
    if (isShared || changed.length > text.length) {
      left = true;
      continue;
    }
    if (mended === content) mended = Buffer.from(content);
    mended.fill(0, at, at + text.length);
    changed.copy(mended, at);
  }
  return { content: mended, left };
}

function originOf(folder: string, path: string, names: readonly string[]): string {
  for (const name of names) {
    const latin = Buffer.from(name).toString('latin1');
    if (folder !== latin && !folder.startsWith(`${latin}/`)) continue;
    const inside = posix.relative(
      posix.dirname(path),
      posix.normalize(folder.slice(latin.length + 1) || '.'),
    );
    return inside === '' ? '$ORIGIN' : `$ORIGIN/${inside.replace(/\/$/, '')}`;
  }
  return folder;
}

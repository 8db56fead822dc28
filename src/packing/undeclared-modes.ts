import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CondaPackage } from './conda-meta.ts';
import { realPath } from './links.ts';
import type { PrefixFile } from './prefix.ts';

/** Placeholders of conda packages are no longer than this (conda-build pads to it). */
const LONGEST_PLACEHOLDER = 255;
const NUL = 0;

/**
 * Finds out how the build prefix was replaced where the record does not say: in a binary file the
 * room for a longer one is the least run of NULs behind it.
 */
export async function declareModes(
  prefix: string,
  conda: readonly CondaPackage[],
  present: ReadonlyMap<string, PrefixFile>,
): Promise<void> {
  const names = [prefix, realPath(prefix) ?? prefix].map((name) => Buffer.from(name));
  for (const { files, undeclared } of conda) {
    for (const path of undeclared) {
      const record = files.get(path);
      if (!record || present.get(path)?.kind !== 'file') continue;
      const content = readFileSync(`${prefix}/${path}`);
      await nextTurn();
      const needle = names.find((name) => content.includes(name));
      if (!needle) continue;
      record.mode = content.includes(NUL) ? 'binary' : 'text';
      if (record.mode === 'binary') record.placeholderBytes = roomFor(content, needle);
    }
  }
}

function roomFor(content: Buffer, needle: Buffer): number {
  let room = LONGEST_PLACEHOLDER;
  for (let at = content.indexOf(needle); at >= 0; at = content.indexOf(needle, at)) {
    const end = content.indexOf(NUL, at);
    if (end < 0) break;
    let after = end;
    while (content[after] === NUL) after += 1;
    let occurrences = 0;
    for (let next = at; next >= 0 && next < end; next = content.indexOf(needle, next + 1)) {
      occurrences += 1;
    }
    room = Math.min(room, needle.length + Math.floor((after - end - 1) / occurrences));
    at = after;
  }
  return room;
}

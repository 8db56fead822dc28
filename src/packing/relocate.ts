import { userError } from '../domain/errors.ts';
import type { FileRecord } from './conda-meta.ts';

/** From where to where file contents are rewritten. */
export interface Relocation {
  /** Absolute path of the prefix, as it is written in its files. */
  prefix: string;
  /** The path the archive will be unpacked at, or null when nobody knows yet. */
  targetPrefix: string | null;
}

/** One file that still has the prefix in it: what `bin/conda-unpack` rewrites. */
export interface PrefixRecord {
  path: string;
  mode: 'text' | 'binary';
  /** Longest path a binary has room for. */
  capacity: number;
}

export interface Relocated {
  content: Buffer;
  record: PrefixRecord | null;
}

const NUL = 0;

/**
 * Rewrites one file by conda-pack's rules (its `core.py` and `prefixes.py`):
 *
 * - `bin/python*` is never touched.
 * - A script in `bin/` that names the prefix in its shebang only gets `#!/usr/bin/env <name>`.
 * - Other text with the prefix is recorded for `bin/conda-unpack`; with a target prefix it is
 *   rewritten here, byte for byte.
 * - Binaries are rewritten, padded with NUL, only where conda did the same before (`file_mode`
 *   binary): any other binary may hold the prefix in a form with a length in front.
 *
 * Errors: `prefix-too-long` when a binary has no room for the target.
 */
export function relocate(
  content: Buffer,
  path: string,
  file: FileRecord | null,
  relocation: Relocation,
): Relocated {
  const { prefix, targetPrefix } = relocation;
  if (path.startsWith('bin/python')) return { content, record: null };
  const places = prefixPlaces(content, Buffer.from(prefix));
  if (places.length === 0) return { content, record: null };
  if (content.includes(NUL)) {
    if (file?.mode !== 'binary') return { content, record: null };
    const capacity = Math.max(file.placeholderBytes, Buffer.byteLength(prefix));
    if (targetPrefix === null) return { content, record: { path, mode: 'binary', capacity } };
    return { content: rewriteBinary(content, path, relocation, capacity), record: null };
  }
  if (targetPrefix !== null) {
    return { content: replaceAt(content, places, prefix, targetPrefix), record: null };
  }
  const script =
    path.startsWith('bin/') && places.length === 1 ? portableShebang(content, prefix) : null;
  if (script) return { content: script, record: null };
  return { content, record: { path, mode: 'text', capacity: 0 } };
}

/**
 * Offsets of the prefix as a whole path: `/envs/churn` is not in `/envs/churn-old/bin`.
 */
export function prefixPlaces(content: Buffer, prefix: Buffer): number[] {
  const places: number[] = [];
  for (let at = content.indexOf(prefix); at >= 0; at = content.indexOf(prefix, at + 1)) {
    if (!isNameByte(content[at + prefix.length])) places.push(at);
  }
  return places;
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && /[\w-]/.test(String.fromCharCode(byte));
}

function replaceAt(content: Buffer, places: number[], prefix: string, target: string): Buffer {
  const length = Buffer.byteLength(prefix);
  const parts: Buffer[] = [];
  let from = 0;
  for (const at of places) {
    parts.push(content.subarray(from, at), Buffer.from(target));
    from = at + length;
  }
  parts.push(content.subarray(from));
  return Buffer.concat(parts);
}

/**
 * The two forms installers write: `#!<prefix>/bin/python -E`, and where that line would be longer
 * than the kernel reads, `#!/bin/sh` with a second line that only a shell executes.
 * Options need `env -S`: without it `env` looks for a program called `python -E`.
 */
function portableShebang(content: Buffer, prefix: string): Buffer | null {
  const head = content.subarray(0, 4096).toString('latin1');
  const path = Buffer.from(prefix)
    .toString('latin1')
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const direct = new RegExp(`^#! *${path}/(?:[^ \\t\\r\\n]*/)?([^ \\t\\r\\n/]+)([^\\r\\n]*)`).exec(
    head,
  );
  const indirect = new RegExp(
    `^#! */bin/sh\\r?\\n'''exec' "?${path}/(?:[^ "\\n]*/)?([^ "\\n/]+)"?( [^"\\n]*)?"\\$0" "\\$@"\\r?\\n' '''`,
  ).exec(head);
  const match = direct ?? indirect;
  if (!match?.[1]) return null;
  const options = match[2]?.trim() ?? '';
  const line = `#!/usr/bin/env ${options ? '-S ' : ''}${match[1]}${options ? ` ${options}` : ''}`;
  return Buffer.concat([Buffer.from(line, 'latin1'), content.subarray(match[0].length)]);
}

/**
 * conda left NULs behind each string it shortened, so that a string may grow again up to the
 * placeholder's length. Every byte outside the string and its padding stays where it was.
 */
function rewriteBinary(
  content: Buffer,
  path: string,
  { prefix, targetPrefix }: Relocation,
  capacity: number,
): Buffer {
  const target = targetPrefix ?? prefix;
  if (Buffer.byteLength(target) > capacity) {
    throw userError({
      code: 'prefix-too-long',
      message: `\`${path}\` has room for a path of ${capacity} bytes, and \`${target}\` has ${Buffer.byteLength(target)}.`,
      suggestion: 'Choose a shorter target prefix.',
    });
  }
  const rewritten = Buffer.from(content);
  const old = Buffer.from(prefix);
  for (let at = rewritten.indexOf(old); at >= 0; at = rewritten.indexOf(old, at)) {
    const end = rewritten.indexOf(NUL, at);
    if (end < 0) break;
    const text = rewritten.subarray(at, end);
    const places = prefixPlaces(text, old);
    const replaced = replaceAt(text, places, prefix, target);
    let room = end;
    const limit = end + places.length * (capacity - old.length);
    while (room < limit && rewritten[room + 1] === NUL) room += 1;
    if (replaced.length > room - at) {
      throw userError({
        code: 'prefix-too-long',
        message: `\`${path}\` has no room for \`${target}\` at byte ${at}.`,
        suggestion: 'Choose a shorter target prefix.',
      });
    }
    rewritten.fill(NUL, at, Math.max(end, at + replaced.length));
    replaced.copy(rewritten, at);
    at = Math.max(end, at + replaced.length);
  }
  return rewritten;
}

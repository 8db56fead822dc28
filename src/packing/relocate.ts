import { userError } from '../domain/errors.ts';
import type { FileRecord } from './conda-meta.ts';
import type { Fault } from './fault.ts';
import { isElf } from './lint/elf.ts';
import {
  findMentions,
  type Mention,
  type Needle,
  needlesOf,
  replaceMentions,
  type TextKind,
} from './mentions.ts';
import { isPathFile, makePortable } from './portable.ts';
import { mendRunPaths } from './run-paths.ts';
import { fitsShebang, hostInterpreter, PLACEHOLDER, portableShebang } from './shebang.ts';

/** From where to where file contents are rewritten. */
export interface Relocation {
  /** Absolute path of the prefix. */
  prefix: string;
  /** Every path that leads to it and may be written in its files; the prefix alone by default. */
  names?: readonly string[];
  /** The path the archive will be unpacked at, or null when nobody knows yet. */
  targetPrefix: string | null;
}

/** One file that still has the prefix in it: what `bin/conda-unpack` rewrites. */
export interface PrefixRecord {
  path: string;
  mode: TextKind;
  /** Longest path a binary has room for. */
  capacity: number;
}

export interface Relocated {
  content: Buffer;
  record: PrefixRecord | null;
  faults: Fault[];
}

const NUL = 0;

/** The interpreter finds its prefix by where it lies; conda-pack leaves it alone too. */
export function isInterpreter(path: string): boolean {
  return /^bin\/python(\d+(\.\d+)*t?)?$/.test(path);
}

export function namesOf({ prefix, names }: Relocation): readonly string[] {
  return names ?? [prefix];
}

/**
 * Rewrites one file by conda-pack's rules (its `core.py` and `prefixes.py`), and where those leave
 * something that only `bin/conda-unpack` would mend, which no YARN container runs, by more:
 *
 * - The interpreter is never touched.
 * - A script that starts with a program of the prefix gets `#!/usr/bin/env <name>`.
 * - `.pth` files, Jupyter's kernels and Qt's configuration name places within the prefix
 *   relatively; so do RPATH and RUNPATH, where the text fits.
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
  if (isInterpreter(path)) return { content, record: null, faults: [] };
  const needles = needlesOf(namesOf(relocation));
  return isBinary(content, file)
    ? relocateBinary(content, path, file, relocation, needles.binary)
    : relocateText(content, path, file, relocation, needles.text);
}

/** conda's word counts: text may hold a NUL. Without one nothing can be padded. */
function isBinary(content: Buffer, file: FileRecord | null): boolean {
  return file?.mode !== 'text' && content.includes(NUL);
}

/** How text of a file is judged. */
export function textKindOf(file: FileRecord | null): 'text' | 'declared' {
  return file?.mode === 'text' ? 'declared' : 'text';
}

function relocateText(
  original: Buffer,
  path: string,
  file: FileRecord | null,
  relocation: Relocation,
  needles: readonly Needle[],
): Relocated {
  const { targetPrefix } = relocation;
  const kind = textKindOf(file);
  const mentions = (content: Buffer) => findMentions(content, needles, kind);
  const found = mentions(original);
  if (found.length === 0)
    return { content: original, record: null, faults: faultsOf(original, path) };
  const aimed = targetPrefix === null ? null : replaceMentions(original, found, targetPrefix);
  if (aimed && targetPrefix !== null && fitsShebang(aimed, targetPrefix)) {
    return { content: portableText(aimed, path, [targetPrefix]), record: null, faults: [] };
  }
  const names = namesOf(relocation);
  const script = portableShebang(original, names) ?? original;
  const content = makePortable(script, path, names);
  const left = mentions(content);
  if (targetPrefix !== null) {
    return { content: replaceMentions(content, left, targetPrefix), record: null, faults: [] };
  }
  return {
    content,
    record: left.length > 0 ? { path, mode: kind, capacity: 0 } : null,
    faults: [
      ...faultsOf(content, path),
      ...(left.length > 0 && isStartUp(path) ? ['start-up' as const] : []),
    ],
  };
}

/** Python reads it before any program: nothing has mended its paths by then. */
function isStartUp(path: string): boolean {
  return isPathFile(path) || /^lib\/python[^/]*\/(.*\/)?(site|user)customize\.py$/.test(path);
}

/** A `.pth` is relative with a target prefix too: nothing is lost by it. */
function portableText(content: Buffer, path: string, names: readonly string[]): Buffer {
  return path.endsWith('.pth') ? makePortable(content, path, names) : content;
}

const HEAD_BYTES = 8192;

/** Why a script in `bin/` will not start where it lands. */
export function faultsOf(content: Buffer, path: string): Fault[] {
  if (!/^bin\/[^/]+$/.test(path)) return [];
  const faults: Fault[] = [];
  if (hostInterpreter(content.toString('latin1', 0, HEAD_BYTES)) !== null)
    faults.push('dead-shebang');
  if (PLACEHOLDER.test(content.toString('latin1'))) faults.push('placeholder');
  return faults;
}

/** Compiled code names its sources for debuggers and tracebacks; nobody opens them. */
const NAMES_ITS_SOURCES = /\.(pyc|pyo|a|o|lo|gch|pch|nbi|nbc)$/;

function relocateBinary(
  original: Buffer,
  path: string,
  file: FileRecord | null,
  relocation: Relocation,
  needles: readonly Needle[],
): Relocated {
  const { targetPrefix } = relocation;
  const names = namesOf(relocation);
  const mended = mendRunPaths(original, path, names);
  const { content } = mended;
  const found = findMentions(content, needles, 'binary');
  if (file?.mode !== 'binary' || found.length === 0) {
    const isSilent = found.length === 0 || isElf(content) || NAMES_ITS_SOURCES.test(path);
    const faults: Fault[] = mended.left ? ['run-path'] : isSilent ? [] : ['kept-prefix'];
    return { content, record: null, faults };
  }
  const capacity = capacityOf(file, names);
  if (targetPrefix !== null) {
    return {
      content: rewriteBinary(content, path, found, { target: targetPrefix, capacity }),
      record: null,
      faults: [],
    };
  }
  return {
    content,
    record: { path, mode: 'binary', capacity },
    faults: mended.left ? ['run-path'] : [],
  };
}

export function capacityOf(file: FileRecord, names: readonly string[]): number {
  return Math.max(file.placeholderBytes, ...names.map((name) => Buffer.byteLength(name)));
}

/**
 * conda's way: a C string with the prefix in it keeps its place and is padded with NULs. A longer
 * prefix takes from the NULs behind the string, as many as the placeholder was longer.
 */
export function rewriteBinary(
  content: Buffer,
  path: string,
  mentions: readonly Mention[],
  { target, capacity }: { target: string; capacity: number },
): Buffer {
  if (Buffer.byteLength(target) > capacity) {
    throw userError({
      code: 'prefix-too-long',
      message: `\`${path}\` has room for a path of ${capacity} bytes, and \`${target}\` has ${Buffer.byteLength(target)}.`,
      suggestion: 'Choose a shorter target prefix.',
    });
  }
  const rewritten = Buffer.from(content);
  for (let index = 0; index < mentions.length; ) {
    const { at } = mentions[index] as Mention;
    const end = content.indexOf(NUL, at);
    if (end < 0) break;
    const inText: Mention[] = [];
    let room = 0;
    for (; index < mentions.length && (mentions[index] as Mention).at < end; index += 1) {
      const mention = mentions[index] as Mention;
      inText.push({ ...mention, at: mention.at - at });
      room += capacity - mention.bytes;
    }
    const replaced = replaceMentions(content.subarray(at, end), inText, target);
    let last = end;
    while (last < end + room && content[last + 1] === NUL) last += 1;
    if (replaced.length > last - at) {
      throw userError({
        code: 'prefix-too-long',
        message: `\`${path}\` has no room for \`${target}\` at byte ${at}.`,
        suggestion: 'Choose a shorter target prefix.',
      });
    }
    rewritten.fill(NUL, at, Math.max(end, at + replaced.length));
    replaced.copy(rewritten, at);
  }
  return rewritten;
}

import { posix } from 'node:path';
import { LIMITS, SLOW_FILES } from './lint/member.ts';
import { RULES } from './lint/rules.ts';
import type { Entry } from './members.ts';
import type { PackWarning } from './warning.ts';

/** Links are followed this often; the system stops at 40 too. */
const MAX_HOPS = 40;

/** What linting would say about the interpreter, said while it can still be mended. */
export function interpreterWarnings(entries: readonly Entry[]): PackWarning[] {
  const places = new Map(entries.map((entry) => [entry.path, entry]));
  let entry = places.get('bin/python');
  for (let hops = 0; entry?.kind === 'link' && hops < MAX_HOPS; hops += 1) {
    entry = places.get(posix.normalize(posix.join(posix.dirname(entry.path), entry.target)));
  }
  if (entry?.kind !== 'file' || entry.executable) return [];
  const { id, text, fix } = RULES['interpreter-not-executable'];
  return [{ id, text: `${text} ${fix}`, path: entry.path }];
}

/** What linting would say about the archive as a whole. */
export function sizeWarnings(size: { files: number; bytes: number; sourceBytes: number }) {
  const { files, bytes, sourceBytes } = size;
  const isBomb = sourceBytes > LIMITS.ratioFromBytes && sourceBytes > bytes * LIMITS.ratio;
  const notices = [
    files > SLOW_FILES ? ('slow-localisation' as const) : null,
    isBomb || sourceBytes > LIMITS.bytes ? ('too-large' as const) : null,
  ];
  return notices.flatMap((notice): PackWarning[] => {
    if (notice === null) return [];
    const { id, text } = RULES[notice];
    return [{ id, text: notice === 'too-large' ? `${text} ${SPARSE}` : text }];
  });
}

const SPARSE =
  'Look for files that are almost only zeros, and leave them out: `conda-ferry lint` refuses such an archive.';

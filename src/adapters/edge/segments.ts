import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import type { SentAhead } from '../../domain/ports.ts';
import type { Range } from './upload.ts';

/** Where the bytes of a new archive come from, in order. */
export interface Assembly {
  /** `<file on the edge> <offset> <bytes>`; the file is `new` for what travels. */
  pieces: { file: string; offset: number; bytes: number }[];
  /** What travels: ranges of the archive on the build host. */
  travelling: Range[];
  reusedBytes: number;
}

/** Below this, finding out and assembling take longer than sending. */
const WORTHWHILE = 1024 * 1024;

const SHA256 = /^[0-9a-f]{64}$/;

/** One line per segment, as it lies beside the archive on the edge. */
export function segmentIndex(segments: readonly ArchiveSegment[]): string {
  return segments.map(({ sha256, offset, bytes }) => `${sha256} ${offset} ${bytes}`).join('\n');
}

/** Segments that do not cover the archive exactly are not believed. */
export function coversArchive(segments: readonly ArchiveSegment[], archive: Archive): boolean {
  let end = 0;
  for (const { offset, bytes, sha256 } of segments) {
    if (offset !== end || !Number.isSafeInteger(bytes) || bytes < 0 || !SHA256.test(sha256)) {
      return false;
    }
    end += bytes;
  }
  return segments.length > 0 && end === archive.bytes;
}

/** Segments that archives on the edge hold, by sha256, as `prepare` tells them. */
export type FoundSegments = ReadonlyMap<string, { file: string; offset: number }>;

export function foundSegments(stdout: string): FoundSegments {
  const found = new Map<string, { file: string; offset: number }>();
  for (const line of stdout.split('\n')) {
    const [, sha256, offset, file] = /^have ([0-9a-f]{64}) (\d+) (\/\S+)$/.exec(line) ?? [];
    if (sha256 && file) found.set(sha256, { file, offset: Number(offset) });
  }
  return found;
}

/**
 * Where the bytes of an archive come from, or of what is final of it. What is assembled is verified as a
 * whole afterwards, so an index need not be trusted.
 */
export function planAssembly(found: FoundSegments, segments: readonly ArchiveSegment[]): Assembly {
  const assembly: Assembly = { pieces: [], travelling: [], reusedBytes: 0 };
  let sent = 0;
  for (const { sha256, offset, bytes } of segments) {
    const source = found.get(sha256);
    if (source) {
      assembly.reusedBytes += bytes;
      append(assembly.pieces, { ...source, bytes });
    } else {
      append(assembly.pieces, { file: 'new', offset: sent, bytes });
      append(assembly.travelling, { offset, bytes });
      sent += bytes;
    }
  }
  return assembly;
}

/** False when too little can be reused. */
export function isWorthwhile({ reusedBytes }: Assembly): boolean {
  return reusedBytes >= WORTHWHILE;
}

/** What an edge has of an archive: for the first segments as it was decided when they were sent. */
export function asSent(
  segments: readonly ArchiveSegment[],
  found: FoundSegments,
  ahead: SentAhead | null,
): FoundSegments {
  const decided = new Set(segments.slice(0, ahead?.segments ?? 0).map(({ sha256 }) => sha256));
  const later = [...found].filter(([sha256]) => !decided.has(sha256));
  return new Map([...later, ...(ahead?.found ?? [])]);
}

/** Joins a range to the last one when it goes on where that ends. */
export function append<T extends Range & { file?: string }>(ranges: T[], range: T): void {
  const last = ranges.at(-1);
  if (last && last.file === range.file && last.offset + last.bytes === range.offset) {
    last.bytes += range.bytes;
  } else ranges.push({ ...range });
}

import { resolve } from 'node:path';
import type { ArchiveFormat } from '../domain/request.ts';
import { memberMode } from './archive-writer.ts';
import { clobberWarnings } from './clobbered.ts';
import { ContentReader, inScanOrder } from './content.ts';
import { faultWarnings } from './faults.ts';
import type { Entry } from './members.ts';
import { targetPrefixOf } from './pack-request.ts';
import { planArchive } from './plan.ts';
import { prefixNames } from './prefix-names.ts';
import type { ScannedFile } from './scanned-file.ts';
import type { PackWarning } from './warning.ts';

/** One member of an archive with its bytes, for a packer that is not ours. */
export interface MemberContents {
  /** Inside the archive, the top-level folder included; no trailing slash. */
  path: string;
  kind: 'file' | 'directory' | 'link';
  mode: number;
  target: string;
  /** What a file holds, relocated; empty for the rest. */
  bytes: Buffer;
}

export interface ArchiveContents {
  members: AsyncGenerator<MemberContents, void, void>;
  /** Complete once all members have been read. */
  warnings: PackWarning[];
}

/** The members `pack` would write, in the same order with the same bytes; no hard links. Errors: as `pack`. */
export async function archiveContents(request: {
  prefix: string;
  output: string;
  format: ArchiveFormat;
  root: string;
  targetPrefix?: string | null;
  signal?: AbortSignal | undefined;
}): Promise<ArchiveContents> {
  const { root, format, signal, output } = request;
  const prefix = resolve(request.prefix);
  const targetPrefix = targetPrefixOf(request);
  const names = prefixNames(prefix);
  const plan = await planArchive({
    prefix,
    names,
    targetPrefix,
    format,
    leaveOut: [output],
    signal,
  });
  const reader = new ContentReader({ prefix, names, targetPrefix });
  const seen: ScannedFile[] = [];
  const warnings = [...plan.warnings];
  async function* members(): AsyncGenerator<MemberContents, void, void> {
    for (const segment of plan.segments) yield* contentsOf(segment.entries);
    const records = seen.flatMap(({ record }) => record ?? []);
    const clobbered = seen.filter((file) => file.clobbered);
    const faults = seen.flatMap((file) => file.faults);
    warnings.push(...clobberWarnings(prefix, plan.owners, clobbered), ...faultWarnings(faults));
    for (const segment of plan.closing(records, warnings)) yield* contentsOf(segment.entries);
  }
  async function* contentsOf(entries: readonly Entry[]): AsyncGenerator<MemberContents> {
    const scanned = new Map<Entry, ScannedFile>();
    for (const entry of inScanOrder(entries)) {
      signal?.throwIfAborted();
      if (entry.kind !== 'file' || reader.isOutdated(entry)) continue;
      scanned.set(entry, await reader.scan(entry));
    }
    for (const entry of entries) {
      const file = scanned.get(entry);
      if (entry.kind === 'file' && !file) continue;
      if (file) seen.push(file);
      yield {
        path: entry.path === '' ? root : `${root}/${entry.path}`,
        kind: entry.kind,
        mode: memberMode(entry),
        target: entry.kind === 'link' ? entry.target : '',
        bytes: file ? wholeOf(reader.blocks(file)) : Buffer.alloc(0),
      };
    }
  }
  return { members: members(), warnings };
}

/** Each block is valid until the next is asked for. */
function wholeOf(blocks: Iterable<Buffer>): Buffer {
  const copies: Buffer[] = [];
  for (const block of blocks) copies.push(Buffer.from(block));
  return Buffer.concat(copies);
}

import { resolve } from 'node:path';
import type { ArchiveFormat } from '../domain/request.ts';
import { memberMode } from './archive-writer.ts';
import { ContentReader } from './content.ts';
import { type PackWarning, planArchive } from './plan.ts';
import type { PrefixRecord } from './relocate.ts';

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
  warnings: PackWarning[];
}

/** The members `pack` would write, in the same order with the same bytes. Errors: as `pack`. */
export async function archiveContents(request: {
  prefix: string;
  format: ArchiveFormat;
  root: string;
  targetPrefix?: string | null;
  signal?: AbortSignal | undefined;
}): Promise<ArchiveContents> {
  const { root, format, signal } = request;
  const prefix = resolve(request.prefix);
  const targetPrefix = request.targetPrefix ?? null;
  const links = format === 'zip' ? 'copy' : 'keep';
  const plan = await planArchive({ prefix, targetPrefix, links, signal });
  const reader = new ContentReader({ prefix, targetPrefix });
  const records: PrefixRecord[] = [];
  async function* members(): AsyncGenerator<MemberContents, void, void> {
    for (const group of [() => plan.segments, () => plan.closing(records)]) {
      for (const entry of group().flatMap((segment) => segment.entries)) {
        signal?.throwIfAborted();
        let bytes = Buffer.alloc(0);
        if (entry.kind === 'file') {
          const scanned = await reader.scan(entry);
          if (scanned.record) records.push(scanned.record);
          bytes = Buffer.concat([...reader.blocks(scanned)]);
        }
        yield {
          path: entry.path === '' ? root : `${root}/${entry.path}`,
          kind: entry.kind,
          mode: memberMode(entry),
          target: entry.kind === 'link' ? entry.target : '',
          bytes,
        };
      }
    }
  }
  return { members: members(), warnings: plan.warnings };
}

import { listOf, number, object, oneOf, string } from '../domain/shape.ts';
import { FAULTS } from './fault.ts';
import type { FoundFault } from './faults.ts';
import type { LargeKind } from './large-files.ts';
import type { FileEntry } from './members.ts';
import type { PrefixRecord } from './relocate.ts';

/** What reading a file once tells about the bytes it will have in the archive. */
export interface ScannedFile {
  entry: FileEntry;
  bytes: number;
  /** Digest of the archived bytes. */
  sha256: string;
  /** True when the archived bytes differ from those on disk. */
  rewritten: boolean;
  /** Digest on disk is not what conda recorded when it linked the file. */
  clobbered: boolean;
  record: PrefixRecord | null;
  faults: FoundFault[];
  /** How a file is rewritten that is too large for memory; null for the rest. */
  large: LargeKind | null;
}

/** What is kept of a scanned file, wherever it is kept. */
export const PREFIX_RECORD = object<PrefixRecord>({
  path: string,
  mode: oneOf(['text', 'declared', 'binary']),
  capacity: number,
});

export const FOUND_FAULTS = listOf(object<FoundFault>({ fault: oneOf(FAULTS), path: string }));

import { boolean, number, object, oneOf, or, string } from '../../domain/shape.ts';
import type { FileRecord } from '../conda-meta.ts';
import type { LargeKind } from '../large-files.ts';
import type { FileEntry, KeptFile } from '../members.ts';
import { FOUND_FAULTS, PREFIX_RECORD, type ScannedFile } from '../scanned-file.ts';
import type { Look } from './state.ts';

/** What reading a file of the prefix once told, with what it was told by. */
export interface KnownFile extends Omit<ScannedFile, 'entry'> {
  /** In the archive. */
  path: string;
  /** In the prefix. */
  place: string;
  /** conda's record of it, as far as it decides how the file is rewritten. */
  recorded: string;
  uncheck: boolean;
}

export const KNOWN_FILE = object<KnownFile>({
  ...{ path: string, place: string, recorded: string, uncheck: boolean },
  ...{ bytes: number, sha256: string, rewritten: boolean, clobbered: boolean },
  record: or(PREFIX_RECORD, null),
  faults: FOUND_FAULTS,
  large: or(oneOf<LargeKind>(['text', 'binary', 'foreign']), null),
});

/** Files that need not be read, and what is learnt of the others. */
export class KnownFiles {
  /** Of this packing, in the order they were asked for. */
  readonly learnt: KnownFile[] = [];
  readonly #known: ReadonlyMap<string, KnownFile>;
  readonly #unchanged: ReadonlyMap<string, Look>;

  /** `unchanged` are files that the file system says are as they were, with how they look. */
  constructor(known: readonly KnownFile[], unchanged: ReadonlyMap<string, Look>) {
    this.#known = new Map(known.map((file) => [file.path, file]));
    this.#unchanged = unchanged;
  }

  /** What reading the file would tell, when that is known. */
  recall(entry: FileEntry, source: KeptFile): ScannedFile | null {
    const known = this.#known.get(entry.path);
    if (!known || known.place !== source.file.path || known.uncheck !== source.uncheck) return null;
    // The prefix was listed later than it was looked at: what changed between is read.
    const look = this.#unchanged.get(known.place);
    if (look?.bytes !== source.file.bytes || look.modified !== source.file.modified) return null;
    if (known.recorded !== textOf(source.record)) return null;
    const { bytes, sha256, rewritten, clobbered, record, faults, large } = known;
    return { entry, bytes, sha256, rewritten, clobbered, record, faults, large };
  }

  learn(source: KeptFile, { entry, ...scanned }: ScannedFile): void {
    this.learnt.push({
      ...scanned,
      path: entry.path,
      place: source.file.path,
      recorded: textOf(source.record),
      uncheck: source.uncheck,
    });
  }
}

function textOf(record: FileRecord | null): string {
  return record === null ? '' : `${record.sha256} ${record.mode} ${record.placeholderBytes}`;
}

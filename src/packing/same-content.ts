import type { ArchivedEntry, Entry, FileEntry } from './members.ts';
import type { ScannedFile } from './scanned-file.ts';

/** Below this a second copy costs next to nothing, and people edit files one by one. */
const NOTABLE_BYTES = 64 * 1024;

/**
 * A segment's entries, where what has the same content as an earlier one is a hard link to that:
 * git and others have one program under many names. It goes by content, not by how the files of
 * the prefix are linked: conda copies or links them as the file system allows, and the archive must
 * not depend on that. `bin/conda-unpack` replaces files whole, so it parts what it changes.
 */
export function linkSameContent(
  entries: readonly Entry[],
  files: ReadonlyMap<Entry, ScannedFile>,
): ArchivedEntry[] {
  const first = new Map<string, FileEntry>();
  return entries.map((entry) => {
    const file = files.get(entry);
    if (entry.kind !== 'file' || !file || file.bytes < NOTABLE_BYTES) return entry;
    const identity = `${file.sha256} ${entry.executable}`;
    const target = first.get(identity);
    if (!target) {
      first.set(identity, entry);
      return entry;
    }
    const { path, executable } = entry;
    return { kind: 'hard-link', path, executable, target: target.path, bytes: file.bytes };
  });
}

/** Counts the bytes that a zip, which holds no links of either kind, has once more than a tar. */
export class SameContent {
  readonly #first = new Map<string, string>();
  bytes = 0;
  files = 0;
  path: string | null = null;

  add(segment: string, { entry, sha256, bytes }: ScannedFile): void {
    const { source } = entry;
    if (bytes < NOTABLE_BYTES || source.kind !== 'disk') return;
    const identity = `${segment} ${sha256} ${entry.executable}`;
    const first = this.#first.get(identity);
    this.#first.set(identity, first ?? source.file.path);
    // The end of a symbolic link: what those double is counted apart.
    if (first === undefined || source.file.path !== entry.path) return;
    this.bytes += bytes;
    this.files += 1;
    this.path ??= entry.path;
  }
}

import { posix } from 'node:path';
import type { FileRecord } from './conda-meta.ts';
import { danglingLink, portableTarget, resolveLink } from './links.ts';
import type { PrefixFile } from './prefix.ts';

/** Where the bytes of an archived file come from. */
export type Source =
  | { kind: 'memory'; bytes: Buffer }
  | { kind: 'disk'; file: PrefixFile; record: FileRecord | null; uncheck: boolean };

/** One member of an archive. Paths are relative to the top-level folder, which is `''`. */
export type Entry =
  | { kind: 'directory'; path: string }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'file'; path: string; executable: boolean; source: Source };

export type FileEntry = Extract<Entry, { kind: 'file' }>;

/** A file of the prefix that goes into the archive. */
export interface KeptFile {
  file: PrefixFile;
  record: FileRecord | null;
  /** A `.pyc` whose header is rewritten on the way. */
  uncheck: boolean;
}

export interface Members {
  entries: Entry[];
  /** Links that lead back to a folder above them, which a zip cannot hold. */
  loops: string[];
}

/**
 * Turns the files of a prefix into members of an archive. `links` says what becomes of symbolic
 * links: `keep` for tar; `copy` for zip, because YARN and Spark unpack a link in a zip as a text
 * file with the target's name in it, and `bin/python` is a link.
 *
 * Errors: `dangling-link`.
 */
export function archiveMembers(
  prefix: string,
  kept: ReadonlyMap<string, KeptFile>,
  links: 'keep' | 'copy',
): Members {
  const members: Members = { entries: [], loops: [] };
  const tree: Tree = { prefix, kept, children: childrenByFolder(kept) };
  for (const { file } of kept.values()) {
    if (file.kind !== 'link') {
      members.entries.push(plainEntry(kept, file.path, file.path));
      continue;
    }
    const real = linkedPath(prefix, kept, file);
    if (links === 'keep') {
      members.entries.push({ kind: 'link', path: file.path, target: portableTarget(file, real) });
    } else {
      copyInto(members, tree, file.path, real, [posix.dirname(file.path)]);
    }
  }
  return members;
}

function plainEntry(kept: ReadonlyMap<string, KeptFile>, path: string, real: string): Entry {
  const { file, record, uncheck } = kept.get(real) as KeptFile;
  if (file.kind === 'directory') return { kind: 'directory', path };
  const source: Source = { kind: 'disk', file, record, uncheck };
  return { kind: 'file', path, executable: file.executable, source };
}

function linkedPath(prefix: string, kept: ReadonlyMap<string, KeptFile>, link: PrefixFile): string {
  const real = resolveLink(prefix, link);
  if (real !== '' && !kept.has(real)) throw danglingLink(link, 'is left out of archives');
  return real;
}

interface Tree {
  prefix: string;
  kept: ReadonlyMap<string, KeptFile>;
  children: ReadonlyMap<string, PrefixFile[]>;
}

/** Adds what `real` is under `path`. `above` are the folders this copy lies in. */
function copyInto(
  members: Members,
  tree: Tree,
  path: string,
  real: string,
  above: readonly string[],
): void {
  if (tree.kept.get(real)?.file.kind === 'file') {
    members.entries.push(plainEntry(tree.kept, path, real));
    return;
  }
  if (above.some((folder) => real === '' || folder === real || folder.startsWith(`${real}/`))) {
    members.loops.push(path);
    return;
  }
  members.entries.push({ kind: 'directory', path });
  for (const child of tree.children.get(real) ?? []) {
    const place = `${path}${child.path.slice(real.length)}`;
    const childReal =
      child.kind === 'link' ? linkedPath(tree.prefix, tree.kept, child) : child.path;
    copyInto(members, tree, place, childReal, child.kind === 'link' ? [...above, real] : above);
  }
}

function childrenByFolder(kept: ReadonlyMap<string, KeptFile>): Map<string, PrefixFile[]> {
  const children = new Map<string, PrefixFile[]>();
  for (const { file } of kept.values()) {
    const folder = posix.dirname(file.path);
    const siblings = children.get(folder);
    if (siblings) siblings.push(file);
    else children.set(folder, [file]);
  }
  return children;
}

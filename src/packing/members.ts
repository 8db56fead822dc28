import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import type { FileRecord } from './conda-meta.ts';
import { interpreterOutside, type LinkEnd } from './links.ts';
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

/** Another name, with `bytes` of content, of the earlier member at `target`. */
export interface HardLink {
  kind: 'hard-link';
  path: string;
  executable: boolean;
  target: string;
  bytes: number;
}

/** What a writer is given. */
export type ArchivedEntry = Entry | HardLink;

export type FileEntry = Extract<Entry, { kind: 'file' }>;

/** A file of the prefix that goes into the archive. */
export interface KeptFile {
  file: PrefixFile;
  record: FileRecord | null;
  /** A `.pyc` whose header is rewritten on the way. */
  uncheck: boolean;
}

/** A link whose end is not in the archive. */
export interface LostLink {
  path: string;
  end: LinkEnd;
}

export interface Members {
  entries: Entry[];
  /** Links that lead back to a folder above them, which a zip cannot hold. */
  loops: string[];
  /** Links that lead nowhere or out; a tar has them, a zip does not. */
  lost: LostLink[];
  /** Links that became copies, for zip: the folder link with most bytes behind it, and all bytes. */
  copied: { bytes: number; largest: { path: string; real: string; bytes: number } | null };
}

/**
 * Turns the files of a prefix into members of an archive. `links` says what becomes of symbolic
 * links: `keep` for tar; `copy` for zip, because YARN and Spark unpack a link in a zip as a text
 * file with the target's name in it, and `bin/python` is a link.
 *
 * Errors: `dangling-link` for an interpreter outside, `links-multiply`.
 */
export function archiveMembers(
  kept: ReadonlyMap<string, KeptFile>,
  ends: ReadonlyMap<string, LinkEnd>,
  links: 'keep' | 'copy',
): Members {
  const members: Members = {
    entries: [],
    loops: [],
    lost: [],
    copied: { bytes: 0, largest: null },
  };
  const tree: Tree = { kept, ends, children: childrenByFolder(kept), lost: new Set(), copies: 0 };
  for (const { file } of kept.values()) {
    if (file.kind !== 'link') {
      members.entries.push(plainEntry(kept, file.path, file.path));
      continue;
    }
    const real = linkedPath(members, tree, file);
    if (links === 'keep') {
      const target = ends.get(file.path)?.target ?? file.target;
      members.entries.push({ kind: 'link', path: file.path, target });
    } else if (real !== null) {
      copyLink(members, tree, file.path, real);
    }
  }
  return members;
}

function plainEntry(kept: ReadonlyMap<string, KeptFile>, path: string, real: string): Entry {
  // Whoever asks has found `real` among them.
  const { file, record, uncheck } = kept.get(real) as KeptFile;
  if (file.kind === 'directory') return { kind: 'directory', path };
  const source: Source = { kind: 'disk', file, record, uncheck };
  return { kind: 'file', path, executable: file.executable, source };
}

/** The kept path that a link leads to, or null when it leads to none. */
function linkedPath(members: Members, { kept, ends, lost }: Tree, link: PrefixFile): string | null {
  const end: LinkEnd = ends.get(link.path) ?? { kind: 'nothing', target: link.target };
  if (end.kind === 'inside' && (end.path === '' || kept.has(end.path))) return end.path;
  if (link.path === 'bin/python') throw interpreterOutside(link.path, end);
  if (!lost.has(link.path)) members.lost.push({ path: link.path, end });
  lost.add(link.path);
  return null;
}

interface Tree {
  kept: ReadonlyMap<string, KeptFile>;
  ends: ReadonlyMap<string, LinkEnd>;
  children: ReadonlyMap<string, PrefixFile[]>;
  /** Links already among the lost ones. */
  lost: Set<string>;
  copies: number;
}

/** Folders that link to each other have as many copies as there are ways through them. */
const MOST_COPIES_PER_MEMBER = 20;
const COPIES_ALWAYS_FINE = 20_000;

function copyLink(members: Members, tree: Tree, path: string, real: string): void {
  const before = members.entries.length;
  copyInto(members, tree, path, real, [posix.dirname(path)]);
  const added = members.entries.slice(before);
  const bytes = added.reduce((sum, entry) => sum + sourceBytes(entry), 0);
  members.copied.bytes += bytes;
  if (bytes > (members.copied.largest?.bytes ?? 0)) members.copied.largest = { path, real, bytes };
}

/** Adds what `real` is under `path`. `above` are the folders this copy lies in. */
function copyInto(
  members: Members,
  tree: Tree,
  path: string,
  real: string,
  above: readonly string[],
): void {
  tree.copies += 1;
  if (tree.copies > COPIES_ALWAYS_FINE + MOST_COPIES_PER_MEMBER * tree.kept.size) {
    throw linksMultiply(path);
  }
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
    const childReal = child.kind === 'link' ? linkedPath(members, tree, child) : child.path;
    if (childReal === null) continue;
    copyInto(members, tree, place, childReal, child.kind === 'link' ? [...above, real] : above);
  }
}

function linksMultiply(path: string) {
  return userError({
    code: 'links-multiply',
    message: `A zip holds no links, and the folders behind \`${path}\` link to each other so often that their copies would be most of it.`,
    suggestion: 'Pack it as .tar.gz, which keeps links.',
  });
}

function sourceBytes(entry: Entry): number {
  return entry.kind === 'file' && entry.source.kind === 'disk' ? entry.source.file.bytes : 0;
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

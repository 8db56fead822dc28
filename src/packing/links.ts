import { realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import { isLeftOut, type PrefixFile } from './prefix.ts';

/** Where a symbolic link leads, and what it must say in an archive to lead there still. */
export type LinkEnd =
  /** To this path in the prefix; `''` is the prefix itself. */
  | { kind: 'inside'; path: string; target: string }
  /** To nothing. */
  | { kind: 'nothing'; target: string }
  /** To something that does not travel. */
  | { kind: 'outside'; target: string };

/** As many links as Linux follows in one path (`MAXSYMLINKS`). */
const MAX_HOPS = 40;

/**
 * The same files, where links into a package cache have become the files they stand for: conda
 * (`always_softlink`, or a cache on another file system) and uv (`--link-mode symlink`) link every
 * file of a package to its unpacked copy, which no cluster has. conda-pack ships the files too.
 *
 * `ships` says of a path and the real path behind it whether a package owns that.
 */
export function withLinkedFiles(
  prefix: string,
  files: readonly PrefixFile[],
  ships: (path: string, real: string) => boolean,
): PrefixFile[] {
  const root = realpathSync(prefix);
  return files.map((file) => {
    if (file.kind !== 'link' || !mayLeave(file)) return file;
    const place = `${prefix}/${file.path}`;
    const real = realPath(place);
    if (real === null) return file;
    const inside = pathWithin(root, real);
    if (inside !== null && !isLeftOut(inside)) return file;
    if (!ships(file.path, real)) return file;
    const stat = statSync(real);
    if (!stat.isFile()) return file;
    return {
      ...file,
      kind: 'file',
      executable: (stat.mode & 0o100) !== 0,
      bytes: stat.size,
      modified: stat.mtimeMs,
      target: '',
    };
  });
}

type WrittenLink = Pick<PrefixFile, 'path' | 'target'>;

/** Whether a link's own text leads out of the prefix, or to a folder of it that stays behind. */
export function mayLeave(link: WrittenLink): boolean {
  const place = writtenPlace(link);
  return place === null || isLeftOut(place);
}

/** What a link's text says, as a path in the prefix; null when it is absolute or climbs out. */
function writtenPlace(link: WrittenLink): string | null {
  if (posix.isAbsolute(link.target)) return null;
  const place = posix.normalize(posix.join(posix.dirname(link.path), link.target));
  return place === '..' || place.startsWith('../') ? null : place;
}

/** A prefix whose links are followed: by the listing, and by the file system for what that lacks. */
export interface FollowedPrefix {
  prefix: string;
  /** Its real path. */
  root: string;
  /** Whether something lies at a path of it that the listing does not have. */
  isThere(path: string): boolean;
}

export function prefixOnDisk(prefix: string): FollowedPrefix {
  return {
    ...{ prefix, root: realpathSync(prefix) },
    isThere: (path) => realPath(`${prefix}/${path}`) !== null,
  };
}

/** Where every link of a prefix leads, by its path. */
export function linkEnds(
  prefix: FollowedPrefix,
  files: readonly PrefixFile[],
): Map<string, LinkEnd> {
  const follower = new Follower(prefix, files);
  const ends = new Map<string, LinkEnd>();
  for (const file of files) {
    if (file.kind === 'link') ends.set(file.path, follower.endOf(file));
  }
  return ends;
}

/** Follows links by the listing: the package cache's files count as lying in the prefix. */
class Follower {
  readonly #prefix: string;
  readonly #root: string;
  readonly #isThere: FollowedPrefix['isThere'];
  readonly #byPath: ReadonlyMap<string, PrefixFile>;

  constructor({ prefix, root, isThere }: FollowedPrefix, files: readonly PrefixFile[]) {
    this.#prefix = prefix;
    this.#root = root;
    this.#isThere = isThere;
    this.#byPath = new Map(files.map((file) => [file.path, file]));
  }

  endOf(link: PrefixFile): LinkEnd {
    const written = writtenPlace(link);
    const folder = posix.dirname(link.path);
    const end = this.#follow(link.path);
    if (end.kind === 'inside') {
      const target = written === null ? posix.relative(folder, end.path) || '.' : link.target;
      return { ...end, target };
    }
    // A link into the prefix by an absolute path says where its target would have lain.
    const meant =
      written === null ? this.#placeOf(posix.resolve(this.#root, folder, link.target)) : null;
    if (meant !== null) return { ...end, target: posix.relative(folder, meant) || '.' };
    return { ...end, target: written === null ? end.target : link.target };
  }

  #follow(start: string): LinkEnd {
    let rest = start.split('/');
    let at: string[] = [];
    for (let hops = 0; rest.length > 0; ) {
      const name = rest.shift() as string;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (at.length === 0) return { kind: 'nothing', target: start };
        at.pop();
        continue;
      }
      const path = [...at, name].join('/');
      const file = this.#byPath.get(path);
      if (!file) return this.#unlisted([path, ...rest].join('/'));
      if (file.kind === 'link') {
        hops += 1;
        if (hops > MAX_HOPS) return { kind: 'nothing', target: file.target };
        if (writtenPlace(file) !== null) {
          // Component by component: a folder on the way may be a link as well.
          rest = [...file.target.split('/'), ...rest];
          continue;
        }
        const absolute = posix.resolve(this.#root, ...at, file.target);
        const place = this.#placeOf(absolute);
        if (place === null) return outsideEnd(absolute);
        rest = [...place.split('/'), ...rest];
        at = [];
        continue;
      }
      if (file.kind === 'file' && rest.some((name) => name !== '.' && name !== '')) {
        return { kind: 'nothing', target: start };
      }
      at.push(name);
    }
    return { kind: 'inside', path: at.join('/'), target: '' };
  }

  /** What the listing does not have: nothing at all, or something that is left out of archives. */
  #unlisted(path: string): LinkEnd {
    const kind = this.#isThere(path) ? 'outside' : 'nothing';
    return { kind, target: `${this.#prefix}/${path}` };
  }

  /** An absolute path as one in the prefix, whichever of the prefix's names it uses; else null. */
  #placeOf(absolute: string): string | null {
    const textual = pathWithin(this.#prefix, absolute) ?? pathWithin(this.#root, absolute);
    if (textual !== null) return textual;
    const real = realPath(absolute);
    return real === null ? null : pathWithin(this.#root, real);
  }
}

function outsideEnd(absolute: string): LinkEnd {
  return { kind: realPath(absolute) === null ? 'nothing' : 'outside', target: absolute };
}

/** `path` relative to `folder`, `''` for the folder itself; null when it lies elsewhere. */
function pathWithin(folder: string, path: string): string | null {
  if (path === folder) return '';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
}

export function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** An interpreter that is not in the archive is one that the cluster does not have. */
export function interpreterOutside(path: string, end: LinkEnd) {
  const reason = end.kind === 'nothing' ? 'does not exist' : 'lies outside the prefix';
  return userError({
    code: 'dangling-link',
    message: `\`${path}\` links to \`${end.target}\`, which ${reason}: the archive would have no Python.`,
    suggestion: 'Let conda install `python` into the environment, and pack it again.',
  });
}

import { constants } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { isAbsolute, join, posix } from 'node:path';
import type { LockedPackage } from '../../domain/lock.ts';
import { listOf, object, or, readJson, string } from '../../domain/shape.ts';
import { packageUnsafe, unreadablePackage } from './errors.ts';
import { unpackedIn } from './package-cache.ts';

const PATHS = object<{ paths: { _path: string }[] }>({
  paths: listOf(object<{ _path: string }>({ _path: string })),
});

interface Link {
  noarch: { entry_points: string[] };
}

const LINK = object<Link>({
  noarch: or(object<Link['noarch']>({ entry_points: or(listOf(string), []) }), {
    entry_points: [],
  }),
});

/** Whether a path of a package is, by its text, none below the prefix. */
export function leavesPrefix(path: string): boolean {
  return isAbsolute(path) || /^\.\.(?:\/|$)/.test(posix.normalize(path));
}

/** The same before anything is linked: a way up may begin behind a link, so there is none. */
const mayLeave = (path: string): boolean => isAbsolute(path) || path.split('/').includes('..');

/**
 * Refuses packages, unpacked in a cache and not yet linked, of which one would have a file or an entry point outside
 * of the prefix, be it behind a link that another one brings. Throws `package-unsafe`.
 */
export async function refuseUnsafe(
  cache: string,
  packages: readonly LockedPackage[],
): Promise<void> {
  const contents = await Promise.all(
    packages.map(async (entry) => ({ entry, ...(await contentsOf(cache, entry)) })),
  );
  const leaving = new Set(contents.flatMap(({ links }) => links));
  for (const { entry, paths, commands } of contents) {
    const path = paths.find((each) => mayLeave(each) || foldersOf(each).some(isIn(leaving)));
    if (path !== undefined) throw packageUnsafe(`${entry.name} ${entry.version}`, 'file', path);
    const command = commands.find((name) => name.includes('/') || name === '..');
    if (command !== undefined)
      throw packageUnsafe(`${entry.name} ${entry.version}`, 'command', command);
  }
}

const isIn = (leaving: ReadonlySet<string>) => (folder: string) => leaving.has(folder);

/** `a/b/c` → `a`, `a/b` */
function foldersOf(path: string): string[] {
  const names = posix.normalize(path).split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** What a package puts into a prefix: its files, those of them that are links out of it, and its commands. */
async function contentsOf(cache: string, entry: LockedPackage) {
  const folder = unpackedIn(cache, entry.url);
  const refuse = (why: string) => unreadablePackage(entry, why);
  const read = (name: string) =>
    readFile(join(folder, 'info', name), {
      encoding: 'utf8',
      flag: constants.O_RDONLY | constants.O_NOFOLLOW,
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw refuse(`\`info/${name}\` is no file`);
    });
  const [written, listed, link] = await Promise.all(
    ['paths.json', 'files', 'link.json'].map((name) => read(name)),
  );
  // Packages of before 2017 have a list alone.
  const paths =
    written == null
      ? (listed ?? '').split('\n').filter((line) => line !== '')
      : readJson(written, PATHS, refuse).paths.map(({ _path }) => _path);
  const links: string[] = [];
  for (const path of paths) if (await leadsOut(folder, path)) links.push(posix.normalize(path));
  const points = link == null ? [] : readJson(link, LINK, refuse).noarch.entry_points;
  // `name = module:function`
  return { paths, links, commands: points.map((point) => (point.split('=')[0] ?? '').trim()) };
}

async function leadsOut(folder: string, path: string): Promise<boolean> {
  const file = join(folder, path);
  if (mayLeave(path) || !(await lstat(file).catch(() => null))?.isSymbolicLink()) return false;
  const target = await readlink(file);
  return isAbsolute(target) || leavesPrefix(posix.join(posix.dirname(path), target));
}

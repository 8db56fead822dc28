import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  symlink,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import { whileOpen } from './while-open.ts';

/** Bytes of a project as pinned: either one wheel or sdist, or a folder of this name. */
export const SOURCE = 'source';

/** What is never part of a project, and often large or secret. */
const LEFT_OUT = new Set([
  ...['.git', '.hg', '.svn', '__pycache__', '.venv', '.tox', '.nox', '.mypy_cache'],
  ...['.pytest_cache', '.ruff_cache', 'node_modules', '.env'],
]);
export const MOST_ENTRIES = 50_000;
export const MOST_BYTES = 2 * 1024 ** 3;
/** Folders in each other: each is held open while what is in it is copied. */
const MOST_DEPTH = 100;
const BLOCK_BYTES = 1024 ** 2;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Opens a file or folder at a path without links, which was looked at before: by now somebody may have put
 * a link in its place, or in that of a folder above it. What is open stays what it is.
 * Throws `project-unsafe`.
 */
export async function openSource(path: string): Promise<FileHandle> {
  const opened = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(changed(path));
  if ((await readlink(placeOf(opened))) === path) return opened;
  await opened.close();
  throw unsafe(`\`${printable(path)}\` was moved while it was looked at`);
}

/** Where the kernel finds what is open, whatever stands at its path: a way into it is no way out of it. */
const placeOf = ({ fd }: FileHandle, name = ''): string => join('/proc/self/fd', `${fd}`, name);

/**
 * Copies a source tree as it is at this moment. Links that stay inside are kept; one that leaves
 * the tree would bring the build host's own files into the archive, so it is refused. Who may write
 * the tree may change it meanwhile: each name is opened once, in the folder that is open, without
 * following a link, and what is open is looked at and copied.
 * Throws `project-unsafe`, `project-too-large`.
 */
export async function snapshot(source: FileHandle, target: string): Promise<void> {
  const { uid } = await source.stat();
  let entries = 0;
  let bytes = 0;
  const copy = async (folder: FileHandle, path: string, depth: number): Promise<void> => {
    if (depth > MOST_DEPTH) throw tooLarge();
    await mkdir(join(target, path), { recursive: true });
    for (const entry of await readdir(placeOf(folder), { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.egg-info')) continue;
      const from = placeOf(folder, entry.name);
      const name = join(path, entry.name);
      entries += 1;
      if (entries > MOST_ENTRIES) throw tooLarge();
      if (entry.isSymbolicLink()) {
        const text = await readlink(from).catch(changed(name));
        if (!staysInside(name, text)) {
          throw unsafe(`the link \`${printable(name)}\` leads out of the project`);
        }
        await symlink(text, join(target, name));
      } else if (entry.isDirectory()) {
        const opening = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(changed(name));
        await whileOpen(opening, (inner) => copy(inner, name, depth + 1));
      } else {
        const opening = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(changed(name));
        bytes += await whileOpen(opening, async (file) => {
          const found = await file.stat();
          if (!found.isFile()) throw unsafe(`\`${printable(name)}\` is neither file nor folder`);
          // A second name for what its owner may read alone.
          if (found.nlink > 1 && found.uid !== uid) {
            throw unsafe(`\`${printable(name)}\` is a hard link to a file of somebody else`);
          }
          return copyOpened(file, join(target, name), MOST_BYTES - bytes);
        });
      }
    }
  };
  await copy(source, '', 0);
}

/** Copies what is open, and answers how many bytes it was. Throws `project-too-large` beyond `most`. */
export async function copyOpened(
  file: FileHandle,
  target: string,
  most = MOST_BYTES,
): Promise<number> {
  const { mode } = await file.stat();
  return whileOpen(open(target, 'wx', mode & 0o777), async (copy) => {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, null);
      if (bytesRead === 0) return bytes;
      bytes += bytesRead;
      // It may grow while it is read.
      if (bytes > most) throw tooLarge();
      // Not `write`, which writes less than it is given where a disk gets full.
      await copy.writeFile(block.subarray(0, bytesRead));
    }
  });
}

/** What is no longer what was listed, or cannot be read. */
const changed = (name: string) => (error: NodeJS.ErrnoException) => {
  throw unsafe(`\`${printable(name)}\` cannot be read as what it was listed as (${error.code})`);
};

/**
 * Whether a link stays inside the tree it stands in at `path`. It goes up first and then down, so that no other
 * link on its way can make it lead elsewhere than it says.
 */
export function staysInside(path: string, text: string): boolean {
  const words = text.split('/').filter((word) => word !== '' && word !== '.');
  const down = words.filter((word) => word !== '..');
  const ups = words.length - down.length;
  const goesUpFirst = words.slice(ups).every((word) => word !== '..');
  const depth = path.split('/').length - 1;
  return !text.startsWith('/') && goesUpFirst && ups <= depth;
}

/**
 * sha256 over a tree's canonical content: paths in byte order, whether a file can be executed, its
 * bytes, the text of links. Times, owners and empty folders do not count.
 */
export async function digestTree(root: string): Promise<string> {
  const lines: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = JSON.stringify(relative(root, path));
    if (entry.isSymbolicLink()) lines.push(`${name} link ${await readlink(path)}`);
    else if (entry.isFile()) {
      const mode = (await lstat(path)).mode & 0o100 ? 'executable' : 'file';
      lines.push(`${name} ${mode} ${await digestFile(path)}`);
    }
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** `.whl` or an sdist, by name: `name-version…`. */
const ARTIFACT =
  /^([A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?)-[A-Za-z0-9._!+]+(?:-[A-Za-z0-9._]+){0,4}(\.whl|\.tar\.gz|\.zip)$/;
/** An sdist's project name may hold hyphens; the version starts at the last one. */
const SDIST =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)-(\d[A-Za-z0-9._!+]*)(\.tar\.gz|\.zip)$/;

/** Name of the distribution in a wheel or sdist, from its file name. Throws `project-unsupported`. */
export function artifactName(file: string): string {
  const match = file.endsWith('.whl') ? ARTIFACT.exec(file) : SDIST.exec(file);
  if (match?.[1] && file.length <= 200 && !file.includes('..')) return match[1];
  throw userError({
    code: 'project-unsupported',
    message: `\`${printable(file)}\` is neither a wheel nor an sdist.`,
    suggestion:
      'Attach what `python -m build` writes: `name-1.0-py3-none-any.whl` or `name-1.0.tar.gz`.',
  });
}

/**
 * Name of the wheel that a build left in a folder; null where it left none. What was built may have
 * put a link in its place, which would lead us to files of the build host.
 * Throws `project-unsafe`.
 */
export async function wheelIn(folder: string): Promise<string | null> {
  const isFolder = (await lstat(folder).catch(() => null))?.isDirectory() ?? false;
  if (!isFolder) throw unsafe('its build replaced the folder for its wheel');
  const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (wheel === undefined) return null;
  if ((await lstat(join(folder, wheel))).isFile()) return wheel;
  throw unsafe(`\`${printable(wheel)}\` is not a plain file`);
}

/**
 * Name of the distribution a source tree makes, read without running anything: pyproject.toml,
 * setup.cfg, setup.py, in this order; otherwise `fallback`.
 * Throws `project-unsupported` for a tree that is no Python project.
 */
export async function sourceName(root: string, fallback: string): Promise<string> {
  const sources: readonly [string, RegExp][] = [
    ['pyproject.toml', /^\[project\][^[]*?^name\s*=\s*["']([^"']+)["']/ms],
    ['setup.cfg', /^\[metadata\][^[]*?^name\s*=\s*(\S+)/ms],
    ['setup.py', /\bname\s*=\s*["']([^"']+)["']/],
  ];
  let isProject = false;
  for (const [file, pattern] of sources) {
    const text = await readFile(join(root, file), 'utf8').catch(() => null);
    if (text === null) continue;
    isProject ||= file !== 'setup.cfg';
    const name = pattern.exec(text)?.[1];
    if (name && /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(name)) return name;
  }
  if (isProject) return fallback;
  throw userError({
    code: 'project-unsupported',
    message: `\`${printable(fallback)}\` has neither pyproject.toml nor setup.py at its top.`,
    suggestion: 'Point to the folder that has one of them.',
  });
}

export function unsafe(what: string) {
  return userError({
    code: 'project-unsafe',
    message: `The project cannot be used: ${what}.`,
    suggestion: 'Replace it by a file of the project itself.',
  });
}

export function tooLarge() {
  return userError({
    code: 'project-too-large',
    message: `The project has more than ${MOST_ENTRIES} files, ${MOST_BYTES / 1024 ** 3} GB or ${MOST_DEPTH} folders in each other.`,
    suggestion: 'Leave data out of the package and read it from HDFS instead.',
  });
}

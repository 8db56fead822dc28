import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  symlink,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';

/** Bytes of a project as pinned: either one wheel or sdist, or a folder of this name. */
export const SOURCE = 'source';

/** What is never part of a project, and often large or secret. */
const LEFT_OUT = new Set([
  ...['.git', '.hg', '.svn', '__pycache__', '.venv', '.tox', '.nox', '.mypy_cache'],
  ...['.pytest_cache', '.ruff_cache', 'node_modules', '.env'],
]);
const MOST_ENTRIES = 50_000;
const MOST_BYTES = 2 * 1024 ** 3;

/**
 * Copies a source tree as it is at this moment. Links that stay inside are kept; one that leaves
 * the tree would bring the build host's own files into the archive, so it is refused.
 * Throws `project-unsafe`, `project-too-large`.
 */
export async function snapshot(source: string, target: string): Promise<void> {
  const root = await realpath(source);
  let entries = 0;
  let bytes = 0;
  const copy = async (folder: string): Promise<void> => {
    await mkdir(join(target, relative(root, folder)), { recursive: true });
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.egg-info')) continue;
      const from = join(folder, entry.name);
      const to = join(target, relative(root, from));
      entries += 1;
      if (entry.isDirectory()) await copy(from);
      else if (entry.isSymbolicLink()) await symlink(await insideLink(from, root), to);
      else if (entry.isFile()) {
        bytes += (await lstat(from)).size;
        await copyFile(from, to);
      } else throw unsafe(`\`${printable(relative(root, from))}\` is neither file nor folder`);
      if (entries > MOST_ENTRIES || bytes > MOST_BYTES) throw tooLarge();
    }
  };
  await copy(root);
}

/** Text of a link that stays inside `root`. */
async function insideLink(path: string, root: string): Promise<string> {
  const text = await readlink(path);
  const target = await realpath(path).catch(() => resolve(dirname(path), text));
  const isInside = target === root || target.startsWith(root + sep);
  if (isInside && !text.startsWith('/')) return text;
  throw unsafe(`the link \`${printable(relative(root, path))}\` leads out of the project`);
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

function tooLarge() {
  return userError({
    code: 'project-too-large',
    message: `The project has more than ${MOST_ENTRIES} files or ${MOST_BYTES / 1024 ** 3} GB.`,
    suggestion: 'Leave data out of the package and read it from HDFS instead.',
  });
}

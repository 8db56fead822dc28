import { createHash } from 'node:crypto';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PLACEHOLDER } from './fake-prefix.ts';

/**
 * The shapes in which installers record what they linked. A package is described by the paths it
 * has inside (`site-packages/x.py` when it is noarch) and written into a prefix as each tool does.
 */
export type Recorder =
  | 'conda'
  | 'conda-softlinks'
  | 'conda-4.2'
  | 'rattler'
  | 'micromamba'
  | 'micromamba-softlinks';

export const RECORDERS: readonly Recorder[] = [
  'conda',
  'conda-softlinks',
  'conda-4.2',
  'rattler',
  'micromamba',
  'micromamba-softlinks',
];

export interface Recorded {
  name: string;
  version?: string;
  noarch?: boolean;
  /** By path inside the package; `{prefix}` is the place of the prefix. */
  files: Record<string, string | { link: string } | { binary: string }>;
  /** Commands in `bin` that the installer writes for a noarch package. */
  entryPoints?: string[];
  /** Names that rattler gave to files whose own name was taken. */
  displaced?: Record<string, string>;
  /** Further keys of the record. */
  more?: Record<string, unknown>;
}

export interface Layout {
  recorder: Recorder;
  /** `lib/python3.11/site-packages`. */
  sitePackages: string;
}

/** Links a package into a prefix, with its unpacked copy beside it, and records it. */
export async function link(prefix: string, layout: Layout, recorded: Recorded): Promise<void> {
  const { recorder } = layout;
  const { name, version = '1.0', noarch = false } = recorded;
  const stem = `${name}-${version}-0`;
  const source = join(dirname(prefix), 'pkgs', stem);
  const softlinks = recorder.endsWith('-softlinks');
  const files: string[] = [];
  const paths: Record<string, unknown>[] = [];
  await write(`${source}/info/index.json`, '{}');
  for (const [path, file] of Object.entries(recorded.files)) {
    const linked = noarch ? linkedPath(path, layout.sitePackages) : path;
    const own = recorded.displaced?.[linked] ?? linked;
    const place = join(prefix, own);
    files.push(own);
    if (typeof file === 'object' && 'link' in file) {
      await mkdir(dirname(place), { recursive: true });
      await symlink(file.link, place);
      paths.push(linkEntry(recorder, path, linked));
      continue;
    }
    const text = typeof file === 'string' ? file : file.binary;
    const binary = typeof file === 'object';
    const hasPrefix = text.includes('{prefix}');
    const [shipped, content] = [PLACEHOLDER, prefix].map((to) => replaced(text, to, binary));
    await write(`${source}/${path}`, shipped as Buffer);
    if (softlinks && !hasPrefix) {
      await mkdir(dirname(place), { recursive: true });
      await symlink(`${source}/${path}`, place);
    } else {
      await write(place, content as Buffer);
    }
    if (own.startsWith('bin/')) await chmod(place, 0o755);
    const digests = [sha256(shipped as Buffer), sha256(content as Buffer)] as const;
    const mode = hasPrefix ? (binary ? 'binary' : 'text') : null;
    const entry = fileEntry(recorder, path, own, digests, mode);
    paths.push(own === linked ? entry : { ...entry, original_path: linked });
  }
  for (const command of recorded.entryPoints ?? []) {
    const content = Buffer.from(`#!${prefix}/bin/python\nimport ${name}\n`);
    await write(join(prefix, `bin/${command}`), content);
    await chmod(join(prefix, `bin/${command}`), 0o755);
    files.push(`bin/${command}`);
    if (recorder === 'conda-4.2') continue;
    paths.push({
      _path: `bin/${command}`,
      path_type: 'unix_python_entry_point',
      ...(recorder === 'rattler' && { sha256: sha256(content) }),
    });
  }
  const record = {
    name,
    version,
    build: '0',
    ...(noarch && { noarch: 'python' }),
    extracted_package_dir: source,
    link: { source, type: recorder === 'conda-softlinks' ? 2 : 1 },
    files,
    ...(recorder !== 'conda-4.2' && { paths_data: { paths_version: 1, paths } }),
    ...recorded.more,
  };
  await write(join(prefix, 'conda-meta', `${stem}.json`), JSON.stringify(record));
}

/** The Python of a prefix, recorded as the tool does it. */
export async function linkPython(prefix: string, layout: Layout, version: string): Promise<void> {
  const minor = version.split('.').slice(0, 2).join('.');
  const usual = `lib/python${minor}/site-packages`;
  await write(join(prefix, 'conda-meta/history'), '');
  await link(prefix, layout, {
    name: 'python',
    version,
    files: {
      [`bin/python${minor}`]: { binary: `\x7fELF {prefix}/lib\0` },
      'bin/python': { link: `python${minor}` },
      [`lib/python${minor}/os.py`]: 'import sys\n',
    },
    more: layout.sitePackages === usual ? {} : { python_site_packages_path: layout.sitePackages },
  });
}

function linkedPath(path: string, sitePackages: string): string {
  return path.replace(/^site-packages\//, `${sitePackages}/`).replace(/^python-scripts\//, 'bin/');
}

function linkEntry(recorder: Recorder, path: string, linked: string): Record<string, unknown> {
  const own = recorder.startsWith('conda') ? path : linked;
  // Each tool has its own idea of a link's digest; none is that of a file at this place.
  const digests = { sha256: sha256('target'), sha256_in_prefix: sha256(recorder) };
  return { _path: own, path_type: 'softlink', ...digests };
}

function fileEntry(
  recorder: Recorder,
  path: string,
  linked: string,
  [shipped, inPrefix]: readonly [string, string],
  mode: string | null,
): Record<string, unknown> {
  const declared = mode && { file_mode: mode, prefix_placeholder: PLACEHOLDER };
  const both = { sha256: shipped, sha256_in_prefix: inPrefix };
  switch (recorder) {
    case 'conda':
      return { _path: path, path_type: 'hardlink', ...both, ...declared };
    case 'conda-softlinks':
      return mode
        ? { _path: path, path_type: 'hardlink', ...both, ...declared }
        : { _path: path, path_type: 'softlink', sha256: shipped };
    case 'rattler':
      return mode
        ? { _path: linked, path_type: 'hardlink', ...both, ...declared }
        : { _path: linked, path_type: 'hardlink', sha256: shipped };
    default:
      return { _path: linked, path_type: 'hardlink', ...both };
  }
}

function replaced(text: string, to: string, binary: boolean): Buffer {
  const content = text.replaceAll('{prefix}', to);
  if (!binary) return Buffer.from(content);
  // What installers do to binaries: the string gets shorter, and NULs keep the length.
  const room = text.split('{prefix}').length - 1;
  return Buffer.from(content + '\0'.repeat(room * (PLACEHOLDER.length - to.length)));
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LockedPackage, Platform } from '../../../src/domain/lock.ts';
import { execFileSync } from '../../harness/command.ts';

/** A package to make: the text of each file by its path, as `paths.json` says it and where it is packed. */
export interface Packed {
  name: string;
  files: Readonly<Record<string, string>>;
  /** Where it says that its files lie, where that is not where they are packed. */
  paths?: readonly string[];
  /** What `paths.json` says of every file. */
  sha256?: string;
  /** `name = module:function` of one for every platform with Python. */
  entryPoints?: readonly string[];
  depends?: readonly string[];
  /** Left out: linux-64. */
  platform?: Platform;
}

/**
 * A channel with one package of a platform in a folder of its own, made in a moment; answers the package as locked. It
 * may be one of several platforms.
 */
export function packChannel(directory: string, packed: Packed): LockedPackage {
  const { name, files, entryPoints, depends = [], platform = 'linux-64' } = packed;
  const subdir = entryPoints ? 'noarch' : platform;
  mkdirSync(directory, { recursive: true });
  const work = mkdtempSync(join(directory, 'work-'));
  const write = (path: string, value: unknown) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  const paths = Object.entries(files).map(([path, text], index) => {
    write(join(work, path), text);
    chmodSync(join(work, path), 0o755);
    return {
      ...{ _path: packed.paths?.[index] ?? path, path_type: 'hardlink' },
      size_in_bytes: text.length,
      sha256: packed.sha256 ?? digest(join(work, path), 'sha256'),
    };
  });
  const fields = { name, version: '1.0', build: '0', build_number: 0, depends, subdir };
  const noarch = entryPoints ? { noarch: 'python' } : {};
  write(join(work, 'info/paths.json'), { paths, paths_version: 1 });
  write(join(work, 'info/files'), `${paths.map(({ _path }) => _path).join('\n')}\n`);
  write(join(work, 'info/index.json'), { ...fields, ...noarch });
  if (entryPoints) {
    const link = { noarch: { type: 'python', entry_points: entryPoints } };
    write(join(work, 'info/link.json'), { ...link, package_metadata_version: 1 });
  }
  const file = join(directory, subdir, `${name}-1.0-0.tar.bz2`);
  mkdirSync(dirname(file), { recursive: true });
  execFileSync('tar', ['cjf', file, '-C', work, '.']);
  const checks = { sha256: digest(file, 'sha256'), md5: digest(file, 'md5') };
  const size = statSync(file).size;
  for (const each of [platform, 'noarch']) {
    const record = { ...fields, ...noarch, ...checks, size };
    const packages = each === subdir ? { [basename(file)]: record } : {};
    write(join(directory, each, 'repodata.json'), { info: { subdir: each }, packages });
  }
  const { version, build } = fields;
  const url = pathToFileURL(file).href;
  return { name, version, build, subdir, channel: 'own', url, ...checks, size };
}

function digest(path: string, algorithm: string): string {
  return createHash(algorithm).update(readFileSync(path)).digest('hex');
}

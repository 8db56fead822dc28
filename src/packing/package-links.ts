import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { userError } from '../domain/errors.ts';
import type { CondaPackage } from './conda-meta.ts';
import { fileDigest } from './digest.ts';
import { mayLeave, realPath } from './links.ts';
import type { PipPackage } from './pip.ts';
import type { PrefixFile } from './prefix.ts';

/**
 * Says which links out of the prefix are files of a package: those into the unpacked copy of a
 * conda package of this environment, and those whose record has the digest of what lies there. The
 * record alone proves nothing: whoever can write it could have any file of this host archived.
 */
export async function packageLinks({
  prefix,
  files,
  conda,
  pip,
  digestOf,
}: {
  prefix: string;
  files: readonly PrefixFile[];
  conda: readonly CondaPackage[];
  pip: readonly PipPackage[];
  /** What conda's record says of a path. */
  digestOf(path: string): string | null;
}): Promise<(path: string, real: string) => boolean> {
  const links = files.filter((file) => file.kind === 'link' && mayLeave(file));
  if (links.length === 0) return () => false;
  const names = new Set(conda.map(({ record }) => posix.basename(record, '.json')));
  const unpacked = new Map<string, boolean>();
  const isUnpacked = (folder: string): boolean => {
    let known = unpacked.get(folder);
    known ??=
      (names.has(posix.basename(folder)) && existsSync(`${folder}/info/index.json`)) ||
      (folder !== '/' && isUnpacked(posix.dirname(folder)));
    unpacked.set(folder, known);
    return known;
  };
  const recorded = new Map<string, string>();
  for (const { files: owned } of pip) {
    for (const [path, digest] of owned) if (digest) recorded.set(path, digest);
  }
  const proven = new Set<string>();
  for (const { path } of links) {
    const real = realPath(`${prefix}/${path}`);
    if (real === null || isUnpacked(posix.dirname(real))) continue;
    const digest = digestOf(path) ?? recorded.get(path);
    if (digest && digest === (await fileDigest(real))) proven.add(path);
  }
  return (path, real) => proven.has(path) || isUnpacked(posix.dirname(real));
}

/**
 * Refuses an environment whose files were links into a package cache that is gone: `conda clean`
 * does not see such links, and what is left cannot run.
 */
export function refuseLostCache(
  files: readonly PrefixFile[],
  digestOf: (path: string) => string | null,
): void {
  const lost = files.filter(
    (file) =>
      file.kind === 'link' &&
      posix.isAbsolute(file.target) &&
      digestOf(file.path) !== null &&
      !existsSync(file.target),
  );
  const [first] = lost;
  if (!first) return;
  throw userError({
    code: 'package-cache-gone',
    message: `${lost.length} files of this environment are links into a package cache that is gone: \`${first.path}\` → \`${first.target}\`.`,
    suggestion: "Build the environment again, with `always_copy: true` in conda's configuration.",
  });
}

import type { Side } from '../../src/domain/comparison.ts';
import { type LockedPackage, PIP, type Platform } from '../../src/domain/lock.ts';
import { isName } from '../../src/domain/names.ts';
import type { FileContent } from '../../src/reading/content.ts';
import type { PackagesFile } from '../command.ts';
import { contentOf, forComparison } from '../packages-file.ts';

/**
 * A file as one of two that are compared, and the environment that it names, where that can be one.
 * Throws for a file that cannot be read.
 */
export function sideOfFile(
  file: PackagesFile,
  settings: { platform?: Platform | undefined },
): Side & { name: string | null } {
  const content = contentOf(file, forComparison(settings));
  return {
    label: file.name ?? content.format,
    name: content.name !== null && isName(content.name) ? content.name : null,
    asked: { specs: content.specs, pip: content.pip },
    installed: content.lock && [
      ...content.lock.packages.map((entry) => ({
        ...entry,
        ...{ sha256: entry.sha256 ?? '', size: null },
      })),
      ...content.pip.map(asPackage),
    ],
    left: content.refused.map(({ line, text }) => ({ line, text })),
  };
}

/** A package of pip’s as a lock names it: one version, and the digest of one file. */
function asPackage({ name, specifier, url, hashes }: FileContent['pip'][number]): LockedPackage {
  const sha256 = hashes.length === 1 ? (hashes[0]?.replace('sha256:', '') ?? '') : '';
  return {
    ...{ name, version: specifier?.replace(/^===?/, '') ?? '', url: url ?? '', sha256 },
    ...{ build: '', subdir: '', channel: PIP, md5: null, size: null },
  };
}

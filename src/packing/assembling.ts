import { basename, dirname, join, resolve } from 'node:path';
import type { Linked } from '../domain/lock.ts';
import { fileErrorInWords, refuseOutput } from './file-errors.ts';
import { NotCompressed, planKnown } from './known-plan.ts';
import { realPath } from './links.ts';
import type { PackReport } from './pack-report.ts';
import { DEFAULT_LEVEL, type PackRequest, validate } from './pack-request.ts';
import { type PackageIndex, packageKeys, readPackageIndex } from './package-index.ts';
import { writeArchive } from './write-archive.ts';

/** Packages linked into a prefix that need not be there: `prefix` is where it would lie. */
export type AssembleRequest = PackRequest & { cache: string; linked: Linked };

export interface Assembled extends PackReport {
  packages: PackageIndex[];
}

/**
 * Writes the archive that `pack` would write of a prefix into which these packages were just linked,
 * byte for byte, from what earlier packings have kept of each. Null, and no file, when something of
 * it is not known or not there any more. Errors: as `pack`.
 */
export async function assemble(request: AssembleRequest): Promise<Assembled | null> {
  const { root, level = DEFAULT_LEVEL, cache, format, linked, output } = request;
  const started = performance.now();
  validate(root, level);
  const names = placeNames(request.prefix);
  const packages: PackageIndex[] = [];
  for (const key of packageKeys({ ...linked, names, format })) {
    request.signal?.throwIfAborted();
    const index = readPackageIndex(cache, key);
    if (!index) return null;
    packages.push(index);
  }
  const known = planKnown(packages, { names, format });
  if (!known) return null;
  try {
    await refuseOutput(output);
    return { ...(await writeArchive(request, known.plan, known.contents, started)), packages };
  } catch (error) {
    if (error instanceof NotCompressed) return null;
    throw fileErrorInWords(error, { prefix: resolve(request.prefix), output });
  }
}

/** Paths that are written in the files of a prefix which an engine links, be it there or not. */
export function placeNames(prefix: string): string[] {
  const place = resolve(prefix);
  const folder = dirname(place);
  const real = join(realPath(folder) ?? folder, basename(place));
  return [...new Set([place, real])];
}

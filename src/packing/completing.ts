import { rmSync } from 'node:fs';
import { FerryError } from '../domain/errors.ts';
import { type Assembled, type AssembleRequest, assemble, placeNames } from './assembling.ts';
import { pack } from './pack.ts';
import { unknownPackages } from './package-index.ts';

/** Names of the packages that have to be linked before `complete` can put them all together. */
export function lackingPackages({
  cache,
  prefix,
  linked,
  format,
}: Pick<AssembleRequest, 'cache' | 'prefix' | 'linked' | 'format'>): string[] {
  return unknownPackages(cache, { ...linked, names: placeNames(prefix), format });
}

/**
 * `assemble`, where those packages that it does not know were linked into the prefix, and no others.
 * They are packed for what is learnt of them alone: an archive of only these nobody wants. Null, and no
 * file, where one of them does not stand for itself. Errors: as `pack`.
 */
export async function complete(request: AssembleRequest): Promise<Assembled | null> {
  const output = `${request.output}.lacking`;
  try {
    await pack({ ...request, output });
  } catch (error) {
    // What cannot be packed by itself perhaps can beside the others; else it is refused there.
    if (error instanceof FerryError && error.kind === 'user') return null;
    throw error;
  } finally {
    rmSync(output, { force: true });
  }
  return assemble(request);
}

import type { StagingPlace } from '../../domain/environment.ts';
import { outsideError } from '../../domain/errors.ts';
import { parseName } from '../../domain/names.ts';
import type { Session } from './session.ts';
import { archivePathOf, checkArchive } from './staging.ts';

export interface Removal {
  place: StagingPlace;
  keepArchive: boolean;
}

/**
 * Takes a staging back from the edge; what is gone already is no mistake. `kept`: the archive stays
 * for another staging of the same bytes. Throws `not-ours` for a path that is none of a staging
 * under this root, before anything is touched.
 */
export async function removeStaging(
  session: Session,
  { root, alias }: { root: string; alias: string },
  { place, keepArchive }: Removal,
): Promise<{ kept: boolean }> {
  const { environment, revision, archive, driverPrefix } = place;
  checkOurs(root, place);
  const { facts } = await session.script({
    name: 'remove',
    variables: {
      ...{ root, environment, revision, alias, prefix: driverPrefix },
      sha: archive.sha256,
      keep: keepArchive ? 'yes' : 'no',
    },
    deadlineSeconds: 900,
  });
  return { kept: facts.get('archive') !== 'no' };
}

/** Throws `not-ours` for a staging whose paths are none of this root. */
export function checkOurs(root: string, place: StagingPlace): void {
  const { environment, revision, archive, driverPrefix } = place;
  checkArchive(archive);
  parseName(environment, 'environment name');
  const short = archive.sha256.slice(0, 12);
  const own = `${root}/envs/${environment}/${revision}`;
  const isOurs =
    Number.isSafeInteger(revision) &&
    [own, `${own}-${short}`].includes(driverPrefix) &&
    place.archivePath === archivePathOf(root, archive);
  if (isOurs) return;
  throw outsideError({
    code: 'not-ours',
    message: `On edge ${place.edge}, \`${driverPrefix}\` is not under the root \`${root}\`: it is not touched.`,
    suggestion: 'If the root of the edge was changed, remove what lies under the old one by hand.',
  });
}

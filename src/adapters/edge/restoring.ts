import type { Staging } from '../../domain/environment.ts';
import { counted } from '../../domain/figures.ts';
import { checkOurs } from './removing.ts';
import type { Session } from './session.ts';

/**
 * Compares a driver prefix with its archive to the last byte, and has it unpacked again where they differ.
 * What was damaged, as a sentence; null for nothing. Throws `not-ours`.
 */
export async function restoreStaging(
  session: Session,
  root: string,
  staging: Staging,
): Promise<string | null> {
  checkOurs(root, staging);
  const { environment, archive, archivePath, driverPrefix } = staging;
  const { facts } = await session.script({
    name: 'restore',
    variables: {
      ...{ root, environment, sha: archive.sha256, name: archive.name },
      ...{ archive: archivePath, prefix: driverPrefix },
    },
    deadlineSeconds: 1800,
  });
  if (facts.get('archive') === 'damaged') {
    return `The archive \`${archivePath}\` on the edge is damaged or gone: the next build of it sends it again.`;
  }
  if (facts.get('room') === 'no') {
    session.settings.log(`edge ${staging.edge} has no room to compare the prefix with its archive`);
  }
  const damaged = facts.get('damaged');
  if (damaged === undefined) return null;
  const others = Number(facts.get('count')) - 1;
  const more = others > 0 ? ` and ${counted(others, 'other file')}` : '';
  return `\`${damaged}\`${more} of the prefix on the edge ${others > 0 ? 'were' : 'was'} damaged; it is unpacked again.`;
}

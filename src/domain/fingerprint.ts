import { createHash } from 'node:crypto';
import { canonicalLock, type Lock, sdistsOf } from './lock.ts';
import type { ArchiveFormat, Layout, Packer, ProjectPin } from './request.ts';

/** Bumped when the packer writes other bytes for the same input: old archives stay what they are. */
export const PACKING_GENERATION = 2;

/**
 * sha256 over everything that decides what is in an archive: same fingerprint, same archive. Two build hosts give it
 * the same bytes where prefixes have the same path on both, as their data folder has, and engines record alike.
 * The environment's name is in it because it is the archive's top-level folder.
 */
export function fingerprint(input: {
  environment: string;
  lock: Lock;
  projects: readonly ProjectPin[];
  layout: Layout;
  format: ArchiveFormat;
  packer: Packer;
}): string {
  const lock = canonicalLock(input.lock);
  const lines = [
    `generation ${PACKING_GENERATION}`,
    `environment ${input.environment}`,
    `layout ${input.layout}`,
    `format ${input.format}`,
    // Not said of the usual one, so that the archives of older versions keep their fingerprints.
    ...(input.packer === 'segments' ? [] : [`packer ${input.packer}`]),
    `platform ${lock.platform}`,
    ...lock.packages.map(
      (entry) =>
        `package ${entry.subdir}/${entry.name}-${entry.version}-${entry.build} ${entry.sha256}`,
    ),
    ...(lock.wheels ?? []).map(({ name, version, sha256 }) => `wheel ${name}-${version} ${sha256}`),
    ...sdistsOf(lock).flatMap(({ name, builtWith }) =>
      builtWith.map((its) => `build of ${name} ${its.name}-${its.version} ${its.sha256}`),
    ),
    ...input.projects.map((project) => `project ${project.name} ${project.sha256}`),
  ];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

import type { ArchiveSegment } from '../../domain/archive.ts';
import type { StageRequest } from '../../domain/ports.ts';
import { type Bundles, isPackage, packageOf, readBundles } from './bundles.ts';
import type { Session } from './session.ts';

/** Packages of an archive as an edge knows them: those it keeps for all environments. */
export interface Farm {
  /** In the order of the archive. */
  packages: readonly ArchiveSegment[];
  /** Those of them that it does not have yet. */
  lacking: readonly ArchiveSegment[];
  bundles: Bundles;
}

/** Null where the edge keeps no packages, or the archive has none that stand for themselves. */
export async function farmOf(
  { archivePath, archive, segments }: StageRequest,
  packages: readonly ArchiveSegment[],
  stdout: string,
): Promise<Farm | null> {
  if (packages.length === 0 || !/^packages yes$/m.test(stdout)) return null;
  const bundles = await readBundles(archivePath, archive, segments);
  return bundles && { packages, lacking: lackingPackages(stdout, packages), bundles };
}

/** A list for the programs of the edge: one digest a line. */
export function listOf(packages: readonly ArchiveSegment[]): string {
  return packages.map(packageOf).join('\n');
}

/** What `prepare` says of a list of packages. */
function lackingPackages(stdout: string, packages: readonly ArchiveSegment[]): ArchiveSegment[] {
  const lacking = new Set(stdout.match(/(?<=^lacks )[0-9a-f]{64}$/gm));
  return packages.filter((segment) => lacking.has(packageOf(segment)));
}

/** Bytes to expect of unpacking where the edge has some packages unpacked already. */
export function unpackedBytes({ archive, unpackedBytes }: StageRequest, farm: Farm | null): number {
  if (!farm) return unpackedBytes;
  const sum = (segments: readonly ArchiveSegment[]) =>
    segments.reduce((bytes, segment) => bytes + segment.bytes, 0);
  const known = (sum(farm.packages) - sum(farm.lacking)) / archive.bytes;
  return Math.ceil(unpackedBytes * (1 - known));
}

/**
 * Unpacks a published archive for the driver: from packages that the edge keeps, and where that
 * fails, because they went or were damaged meanwhile, whole. Answers what the program says.
 */
export async function unpack(
  session: Session,
  variables: Readonly<Record<string, string | number>>,
  request: StageRequest,
  farm: Farm | null,
): Promise<Map<string, string>> {
  const script = async (more: Readonly<Record<string, string>>) => {
    const all = { ...variables, list: '', bundles: '', own: '', ...more };
    const { facts } = await session.script({
      name: 'unpack',
      variables: all,
      deadlineSeconds: 1800,
    });
    return facts.get('packages') === 'lacking' ? null : facts;
  };
  if (farm) {
    for (const told of [farm.lacking, farm.packages]) {
      const facts = await script(words(request.segments, farm, told));
      if (facts) return facts;
    }
    session.settings.log(`the packages of ${request.archive.name} are unpacked apart`);
  }
  return (await script({})) ?? new Map();
}

function words(
  segments: readonly ArchiveSegment[],
  { packages, bundles }: Farm,
  told: readonly ArchiveSegment[],
): Record<string, string> {
  const rest = segments.filter((segment) => !isPackage(segment) && segment.name !== 'end');
  return {
    list: listOf(packages),
    bundles: told.map((segment) => bundles.alone(segment)).join('\n'),
    own: bundles.own(rest),
  };
}

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
}

/** A list for the programs of the edge: one digest a line. */
export function listOf(packages: readonly ArchiveSegment[]): string {
  return packages.map(packageOf).join('\n');
}

/** What `prepare` says of a list of packages. */
export function lackingPackages(
  stdout: string,
  packages: readonly ArchiveSegment[],
): ArchiveSegment[] {
  const lacking = new Set(stdout.match(/(?<=^lacks )[0-9a-f]{64}$/gm));
  return packages.filter((segment) => lacking.has(packageOf(segment)));
}

/** Bytes to expect of unpacking where the edge has some packages unpacked already. */
export function unpackedBytes(
  { archive, unpackedBytes }: StageRequest,
  packages: readonly ArchiveSegment[],
  lacking: readonly ArchiveSegment[],
): number {
  const sum = (segments: readonly ArchiveSegment[]) =>
    segments.reduce((bytes, segment) => bytes + segment.bytes, 0);
  const known = (sum(packages) - sum(lacking)) / archive.bytes;
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
    const all = { ...variables, list: '', bundles: '', own: '', end: '', ...more };
    const { facts } = await session.script({
      name: 'unpack',
      variables: all,
      deadlineSeconds: 1800,
    });
    return facts.get('packages') === 'lacking' ? null : facts;
  };
  const bundles =
    farm && farm.packages.length > 0
      ? await readBundles(request.archivePath, request.archive, request.segments)
      : null;
  if (farm && bundles) {
    for (const told of [farm.lacking, farm.packages]) {
      const facts = await script(words(request.segments, bundles, farm, told));
      if (facts) return facts;
    }
    session.settings.log(`the packages of ${request.archive.name} are unpacked apart`);
  }
  return (await script({})) ?? new Map();
}

function words(
  segments: readonly ArchiveSegment[],
  bundles: Bundles,
  { packages }: Farm,
  told: readonly ArchiveSegment[],
): Record<string, string> {
  const rest = segments.filter((segment) => !isPackage(segment) && segment.name !== 'end');
  return {
    list: listOf(packages),
    bundles: told.map(bundles.alone).join('\n'),
    own: bundles.own(rest),
    end: bundles.end,
  };
}

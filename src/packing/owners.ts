import { lstatSync } from 'node:fs';
import { type CondaPackage, type FileRecord, readCondaMeta } from './conda-meta.ts';
import { fileDigest } from './digest.ts';
import { type LinkEnd, linkEnds, prefixOnDisk, realPath, withLinkedFiles } from './links.ts';
import { packageLinks, refuseLostCache } from './package-links.ts';
import { type PipPackage, readPipPackages } from './pip.ts';
import type { PrefixFile } from './prefix.ts';
import { declareModes } from './undeclared-modes.ts';

/** Which package each file of a prefix belongs to. */
export interface Owners {
  /** The files of the prefix; links into a package cache are files here. */
  files: PrefixFile[];
  /** Where the other links lead. */
  ends: ReadonlyMap<string, LinkEnd>;
  conda: CondaPackage[];
  pip: PipPackage[];
  /** conda's record of a file; null when no conda package has it. */
  recordOf(path: string): FileRecord | null;
  /** `conda:numpy`, `pip:churn`, or `files` for what nobody owns. */
  segmentOf(path: string): string;
  /** Files of conda packages that lie there as another package's. */
  overwritten: Overwritten[];
  /** Files conda installed that are not in the prefix any more. */
  missing: { package: string; path: string }[];
}

export interface Overwritten {
  package: string;
  path: string;
  /** Whose file is there now. */
  by: { kind: 'conda' | 'pip'; name: string };
}

/** Segment of the files no package lists. */
export const UNOWNED = 'files';

interface Claim {
  owner: CondaPackage;
  record: FileRecord;
}

/** Errors: `conda-meta-broken`, `package-cache-gone`. */
export async function readOwners(prefix: string, listed: readonly PrefixFile[]): Promise<Owners> {
  const conda = readCondaMeta(prefix, listed);
  const { claims, contested } = claimFiles(conda);
  const missing = adoptOrMiss(prefix, conda, claims, new Set(listed.map(({ path }) => path)));
  const pip = readPipPackages(prefix, listed, (path) => claims.has(path));
  const digestOf = (path: string) => claims.get(path)?.record.sha256 ?? null;
  const ships = await packageLinks({ prefix, files: listed, conda, pip, digestOf });
  const files = withLinkedFiles(prefix, listed, ships);
  const present = new Map(files.map((file) => [file.path, file]));
  refuseLostCache(files, digestOf);
  const overwritten = [
    ...(await settle(prefix, claims, contested, present)),
    ...displacedFiles(conda, claims),
    ...(await replacedByPip(prefix, pip, claims, present)),
  ];
  await declareModes(prefix, conda, present);
  const pipSegments = new Map<string, string>();
  for (const { name, files: owned } of pip) {
    for (const path of owned.keys()) pipSegments.set(path, `pip:${name}`);
  }
  return {
    files,
    ends: linkEnds(prefixOnDisk(prefix), files),
    conda,
    pip,
    recordOf: (path) => claims.get(path)?.record ?? null,
    segmentOf: (path) => {
      const claim = claims.get(path);
      return claim ? `conda:${claim.owner.name}` : (pipSegments.get(path) ?? UNOWNED);
    },
    overwritten,
    missing,
  };
}

/** Who has each path; `contested` are those that several packages have, with all of them. */
function claimFiles(conda: readonly CondaPackage[]) {
  const claims = new Map<string, Claim>();
  const contested = new Map<string, Claim[]>();
  for (const owner of conda) {
    for (const [path, record] of owner.files) {
      const earlier = claims.get(path);
      const claim = { owner, record };
      claims.set(path, claim);
      if (!earlier || owner.folders.has(path)) continue;
      contested.set(path, [...(contested.get(path) ?? [earlier]), claim]);
    }
  }
  return { claims, contested };
}

/**
 * Gives a file that several packages have to the one whose content lies there. conda links them in
 * turn and the last one stays (its `ClobberWarning`); with equal content nobody loses anything.
 */
async function settle(
  prefix: string,
  claims: Map<string, Claim>,
  contested: ReadonlyMap<string, readonly Claim[]>,
  present: ReadonlyMap<string, PrefixFile>,
): Promise<Overwritten[]> {
  const overwritten: Overwritten[] = [];
  for (const [path, rivals] of contested) {
    const digests = new Set(rivals.map(({ record }) => record.sha256).filter(Boolean));
    if (digests.size < 2 || present.get(path)?.kind !== 'file') continue;
    const digest = await fileDigest(`${prefix}/${path}`);
    const winner = rivals.findLast(({ record }) => record.sha256 === digest);
    if (!winner) continue;
    claims.set(path, winner);
    for (const { owner, record } of rivals) {
      if (record.sha256 === null || record.sha256 === digest) continue;
      overwritten.push({
        package: owner.name,
        path,
        by: { kind: 'conda', name: winner.owner.name },
      });
    }
  }
  return overwritten;
}

/**
 * rattler does not write over another package's file: the later one goes to a place of its own,
 * where nobody looks for it.
 */
function displacedFiles(
  conda: readonly CondaPackage[],
  claims: ReadonlyMap<string, Claim>,
): Overwritten[] {
  const overwritten: Overwritten[] = [];
  for (const { name, displaced, files } of conda) {
    for (const [kept, path] of displaced) {
      const there = claims.get(path);
      const [mine, other] = [files.get(kept)?.sha256, there?.record.sha256];
      if (!there || !mine || !other || mine === other) continue;
      overwritten.push({ package: name, path, by: { kind: 'conda', name: there.owner.name } });
    }
  }
  return overwritten;
}

/**
 * Files without a digest in conda's record (commands that conda writes for entry points) which are
 * what pip wrote by its record.
 */
async function replacedByPip(
  prefix: string,
  pip: readonly PipPackage[],
  claims: ReadonlyMap<string, Claim>,
  present: ReadonlyMap<string, PrefixFile>,
): Promise<Overwritten[]> {
  const overwritten: Overwritten[] = [];
  for (const { name, files } of pip) {
    for (const [path, digest] of files) {
      const claim = claims.get(path);
      if (!digest || !claim || claim.record.sha256 || present.get(path)?.kind !== 'file') continue;
      if (path.endsWith('.pyc') || digest !== (await fileDigest(`${prefix}/${path}`))) continue;
      overwritten.push({ package: claim.owner.name, path, by: { kind: 'pip', name } });
    }
  }
  return overwritten;
}

/**
 * Finds what is gone. A recorded path may lead through a folder that is a link (`lib64` → `lib`, or
 * `lib/python3.1` → `python3.10` where an older conda misread the version): then the package has
 * the file at the place where that really lies.
 */
function adoptOrMiss(
  prefix: string,
  conda: readonly CondaPackage[],
  claims: Map<string, Claim>,
  present: ReadonlySet<string>,
): Owners['missing'] {
  const root = realPath(prefix) ?? prefix;
  const missing: Owners['missing'] = [];
  for (const owner of conda) {
    for (const [path, record] of owner.files) {
      if (present.has(path)) continue;
      if (!lstatSync(`${prefix}/${path}`, { throwIfNoEntry: false })) {
        const matters = !path.endsWith('.pyc') && !owner.folders.has(path) && path !== '.nonadmin';
        if (matters) missing.push({ package: owner.name, path });
        continue;
      }
      const real = realPath(`${prefix}/${path}`);
      const inside = real?.startsWith(`${root}/`) ? real.slice(root.length + 1) : null;
      if (inside && !claims.has(inside)) claims.set(inside, { owner, record });
    }
  }
  return missing;
}

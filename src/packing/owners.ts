import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CondaPackage, type FileRecord, readCondaMeta } from './conda-meta.ts';
import { type LinkEnd, linkEnds, mayLeave, realPath, withLinkedFiles } from './links.ts';
import { type PipPackage, readPipPackages } from './pip.ts';
import type { PrefixFile } from './prefix.ts';

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

/** Errors: `conda-meta-broken`. */
export async function readOwners(prefix: string, listed: readonly PrefixFile[]): Promise<Owners> {
  const conda = readCondaMeta(prefix, listed);
  const { claims, contested } = claimFiles(conda);
  const pip = readPipPackages(prefix, listed, (path) => claims.has(path));
  const ships = await packageLinks(prefix, listed, conda, claims, pip);
  const files = withLinkedFiles(prefix, listed, ships);
  const present = new Map(files.map((file) => [file.path, file]));
  const missing = adoptOrMiss(prefix, conda, claims, present);
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
    ends: linkEnds(prefix, files),
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
    const digest = await sha256(`${prefix}/${path}`);
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
      if (path.endsWith('.pyc') || digest !== (await sha256(`${prefix}/${path}`))) continue;
      overwritten.push({ package: claim.owner.name, path, by: { kind: 'pip', name } });
    }
  }
  return overwritten;
}

/**
 * Finds what is gone. A recorded path may lead through a folder that is a link (`lib64` → `lib`):
 * then the package has the file at the place where that really lies.
 */
function adoptOrMiss(
  prefix: string,
  conda: readonly CondaPackage[],
  claims: Map<string, Claim>,
  present: ReadonlyMap<string, PrefixFile>,
): Owners['missing'] {
  const root = realPath(prefix) ?? prefix;
  const missing: Owners['missing'] = [];
  for (const owner of conda) {
    for (const [path, record] of owner.files) {
      if (present.has(path) || path.endsWith('.pyc') || owner.folders.has(path)) continue;
      if (path === '.nonadmin') continue;
      if (!lstatSync(`${prefix}/${path}`, { throwIfNoEntry: false })) {
        missing.push({ package: owner.name, path });
        continue;
      }
      const real = realPath(`${prefix}/${path}`);
      const inside = real?.startsWith(`${root}/`) ? real.slice(root.length + 1) : null;
      if (inside && !claims.has(inside)) claims.set(inside, { owner, record });
    }
  }
  return missing;
}

/**
 * Says which links out of the prefix are files of a package: those into the unpacked copy of a
 * conda package of this environment, and those whose record has the digest of what lies there. The
 * record alone proves nothing: whoever can write it could have any file of this host archived.
 */
async function packageLinks(
  prefix: string,
  files: readonly PrefixFile[],
  conda: readonly CondaPackage[],
  claims: ReadonlyMap<string, Claim>,
  pip: readonly PipPackage[],
): Promise<(path: string, real: string) => boolean> {
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
    const digest = claims.get(path)?.record.sha256 ?? recorded.get(path);
    if (digest && digest === (await sha256(real))) proven.add(path);
  }
  return (path, real) => proven.has(path) || isUnpacked(posix.dirname(real));
}

/** Placeholders of conda packages are no longer than this (conda-build pads to it). */
const LONGEST_PLACEHOLDER = 255;
const NUL = 0;

/**
 * Finds out how the build prefix was replaced where the record does not say: in a binary file the
 * room for a longer one is the least run of NULs behind it.
 */
async function declareModes(
  prefix: string,
  conda: readonly CondaPackage[],
  present: ReadonlyMap<string, PrefixFile>,
): Promise<void> {
  const names = [prefix, realPath(prefix) ?? prefix].map((name) => Buffer.from(name));
  for (const { files, undeclared } of conda) {
    for (const path of undeclared) {
      const record = files.get(path);
      if (!record || present.get(path)?.kind !== 'file') continue;
      const content = readFileSync(`${prefix}/${path}`);
      await nextTurn();
      const needle = names.find((name) => content.includes(name));
      if (!needle) continue;
      record.mode = content.includes(NUL) ? 'binary' : 'text';
      if (record.mode === 'binary') record.placeholderBytes = roomFor(content, needle);
    }
  }
}

function roomFor(content: Buffer, needle: Buffer): number {
  let room = LONGEST_PLACEHOLDER;
  for (let at = content.indexOf(needle); at >= 0; at = content.indexOf(needle, at)) {
    const end = content.indexOf(NUL, at);
    if (end < 0) break;
    let after = end;
    while (content[after] === NUL) after += 1;
    let occurrences = 0;
    for (let next = at; next >= 0 && next < end; next = content.indexOf(needle, next + 1)) {
      occurrences += 1;
    }
    room = Math.min(room, needle.length + Math.floor((after - end - 1) / occurrences));
    at = after;
  }
  return room;
}

/** Digest of a file, in pieces; null when there is none to read. */
async function sha256(path: string): Promise<string | null> {
  const digest = createHash('sha256');
  try {
    for await (const block of createReadStream(path)) digest.update(block);
  } catch {
    return null;
  }
  return digest.digest('hex');
}

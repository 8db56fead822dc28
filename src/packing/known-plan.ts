import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ArchiveFormat } from '../domain/request.ts';
import type { FileRecord } from './conda-meta.ts';
import { type Contents, inBlocks, scanMemory } from './content.ts';
import { linkEnds } from './links.ts';
import type { FileEntry, KeptFile } from './members.ts';
import { type Owners, UNOWNED } from './owners.ts';
import type { IndexedMember, PackageIndex } from './package-index.ts';
import { dropHollowCaches, type Plan, planKept } from './plan.ts';
import { byPath, type PrefixFile } from './prefix.ts';
import type { ScannedFile } from './scanned-file.ts';

/** The prefix that packages would be linked into, and the archive it would become. */
export interface KnownPlace {
  /** Its path as it is given and its real one; once where they are the same. */
  names: readonly string[];
  format: ArchiveFormat;
}

export interface KnownPlan {
  plan: Plan;
  contents: Contents;
}

/**
 * What planning and reading would find in a prefix into which only these packages were linked. Null
 * when that does not follow from what is known of each: two of them have one path, one has a file
 * where another one has a folder, or a link copies a file that was another one when it was looked at.
 */
export function planKnown(
  indexes: readonly PackageIndex[],
  { names, format }: KnownPlace,
): KnownPlan | null {
  const claims = claimsOf(indexes);
  if (!claims) return null;
  const files = listingOf(indexes);
  const [prefix = '', root = prefix] = names;
  const recordOf = (path: string): FileRecord | null => claims.get(path)?.file.linked ?? null;
  const owners: Owners = {
    files,
    ends: linkEnds({ prefix, root, isThere: () => false }, files),
    conda: indexes.map((index) => ({
      ...{ name: index.name, version: '', record: index.record, blanked: index.blanked },
      files: new Map(index.files.map(({ path, linked }) => [path, linked])),
      ...{ folders: new Set(index.folders), displaced: new Map(), undeclared: new Set() },
    })),
    pip: [],
    recordOf,
    segmentOf: (path) => {
      const claim = claims.get(path);
      return claim ? `conda:${claim.owner.name}` : UNOWNED;
    },
    overwritten: [],
    missing: [],
  };
  const plan = planKept({ kept: keptOf(files, claims), owners, names, targetPrefix: null, format });
  const contents = KnownContents.of(plan, indexes);
  return contents && { plan, contents };
}

interface Claim {
  owner: PackageIndex;
  file: PackageIndex['files'][number];
}

/** Who has each path; null when two do, or when one has a file where there is a folder. */
function claimsOf(indexes: readonly PackageIndex[]): Map<string, Claim> | null {
  const claims = new Map<string, Claim>();
  for (const owner of indexes) {
    for (const file of owner.files) {
      if (claims.has(file.path)) return null;
      claims.set(file.path, { owner, file });
    }
  }
  const folders = indexes.flatMap((index) => index.folders);
  return folders.some((path) => claims.has(path)) ? null : claims;
}

const EMPTY = { executable: false, bytes: 0, modified: 0, target: '' };

/** Everything that would lie there, in the order of a listing. */
function listingOf(indexes: readonly PackageIndex[]): PrefixFile[] {
  const folders = new Set(['conda-meta', ...indexes.flatMap((index) => index.folders)]);
  const records = ['conda-meta/history', ...indexes.map(({ record }) => record)];
  return [
    ...[...folders].map((path) => ({ path, kind: 'directory' as const, ...EMPTY })),
    ...records.map((path) => ({ path, kind: 'file' as const, ...EMPTY })),
    ...indexes.flatMap(({ files }) =>
      files.map(({ path, kind, executable, bytes, target }) => ({
        ...{ path, kind, executable, bytes, target, modified: 0 },
      })),
    ),
  ].sort(byPath);
}

function keptOf(
  files: readonly PrefixFile[],
  claims: ReadonlyMap<string, Claim>,
): Map<string, KeptFile> {
  const kept = new Map<string, KeptFile>();
  for (const file of files) {
    const { path } = file;
    if (path === 'conda-meta' || path.startsWith('conda-meta/')) continue;
    const claim = claims.get(path);
    if (claim?.file.fate === 'drop') continue;
    const uncheck = claim?.file.fate === 'uncheck';
    kept.set(path, { file, record: claim?.file.linked ?? null, uncheck });
  }
  return dropHollowCaches(kept);
}

/** A file that must be read although it was not linked: its compressed form is not there any more. */
export class NotCompressed extends Error {}

/** What was found in the files of packages when they were read. */
class KnownContents implements Contents {
  readonly #outdated: ReadonlySet<string>;
  readonly #members: ReadonlyMap<string, IndexedMember>;

  private constructor(outdated: ReadonlySet<string>, members: ReadonlyMap<string, IndexedMember>) {
    this.#outdated = outdated;
    this.#members = members;
  }

  /** Null when a member of the plan was not among those that were read. */
  static of({ segments, owners }: Plan, indexes: readonly PackageIndex[]): KnownContents | null {
    const outdated = new Set(indexes.flatMap((index) => index.outdated));
    const members = new Map(
      indexes.flatMap((index) => index.members.map((member) => [member.path, member] as const)),
    );
    const contents = new KnownContents(outdated, members);
    const isKnown = (entry: FileEntry): boolean =>
      contents.isOutdated(entry) || isSame(entry, members.get(entry.path), owners);
    for (const { entries } of segments) {
      for (const entry of entries) if (entry.kind === 'file' && !isKnown(entry)) return null;
    }
    return contents;
  }

  isOutdated({ source }: FileEntry): boolean {
    return source.kind === 'disk' && this.#outdated.has(source.file.path);
  }

  async scan(entry: FileEntry): Promise<ScannedFile> {
    if (entry.source.kind === 'memory') return scanMemory(entry, entry.source.bytes);
    const member = this.#members.get(entry.path);
    if (!member) throw new NotCompressed(entry.path);
    const { bytes, sha256, record, faults } = member;
    const asRead = { rewritten: false, clobbered: false, large: null };
    return { entry, bytes, sha256, record, faults, ...asRead };
  }

  *blocks({ entry: { source, path } }: ScannedFile): Generator<Buffer> {
    if (source.kind === 'disk') throw new NotCompressed(path);
    yield* inBlocks(source.bytes);
  }
}

/** Whether a member has the content of the same file as when it was read. */
function isSame(entry: FileEntry, member: IndexedMember | undefined, owners: Owners): boolean {
  if (entry.source.kind !== 'disk' || member?.source !== entry.source.file.path) return false;
  const { lent } = member;
  if (lent === null) return linkOwner(entry.path, owners) === owners.segmentOf(member.source);
  return lent.sha256 !== null && isDeepStrictEqual(lent, owners.recordOf(member.source));
}

/** The segment of the package that a member is there for: its own, or that of a link above it. */
export function linkOwner(path: string, owners: Pick<Owners, 'segmentOf'>): string {
  for (let place = path; place !== '.'; place = posix.dirname(place)) {
    const segment = owners.segmentOf(place);
    if (segment !== UNOWNED) return segment;
  }
  return UNOWNED;
}

import { posix } from 'node:path';
import type { Linked } from '../domain/lock.ts';
import { cachedBytecode } from './bytecode.ts';
import { LINK_SCRIPT } from './clobbered.ts';
import type { CondaPackage } from './conda-meta.ts';
import type { Contents } from './content.ts';
import { type KnownPlace, linkOwner, planKnown } from './known-plan.ts';
import { staysBehind } from './left-out.ts';
import { mayLeave } from './links.ts';
import type { FileEntry } from './members.ts';
import {
  type IndexedFile,
  type PackageIndex,
  packageKeys,
  writePackageIndex,
} from './package-index.ts';
import type { Plan } from './plan.ts';
import type { PrefixFile } from './prefix.ts';
import { notKept } from './recording.ts';
import type { ScannedFile } from './scanned-file.ts';
import type { PackWarning } from './warning.ts';

/** Passes on what is read of a prefix, and keeps it. */
export class WatchedContents implements Contents {
  readonly #contents: Contents;
  /** By member; what packing makes itself is not among them. */
  readonly read = new Map<FileEntry, ScannedFile>();
  /** Compiled Python that stays behind, by its path in the prefix. */
  readonly outdated = new Set<string>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  isOutdated(entry: FileEntry): boolean {
    const isOutdated = this.#contents.isOutdated(entry);
    if (isOutdated && entry.source.kind === 'disk') this.outdated.add(entry.source.file.path);
    return isOutdated;
  }

  async scan(entry: FileEntry): Promise<ScannedFile> {
    const scanned = await this.#contents.scan(entry);
    if (entry.source.kind === 'disk') this.read.set(entry, scanned);
    return scanned;
  }

  blocks(file: ScannedFile): Iterable<Buffer> {
    return this.#contents.blocks(file);
  }
}

/** Keeps what a packing has shown of each package; the warning says why it could not be kept. */
export function remember({
  cache,
  linked,
  place,
  plan,
  watched,
}: {
  cache: string;
  linked: Linked;
  place: KnownPlace;
  plan: Plan;
  watched: WatchedContents;
}): PackWarning | null {
  const indexes = new Map(
    indexPackages(plan, watched, place)?.map((index) => [index.name, index] as const),
  );
  const keys = packageKeys({ ...linked, ...place });
  try {
    for (const [at, { name }] of linked.lock.packages.entries()) {
      const [key, index] = [keys[at], indexes.get(name)];
      if (key && index) writePackageIndex(cache, key, index);
    }
    return null;
  } catch (error) {
    return notKept(error);
  }
}

/**
 * What a packing has shown of each package of a prefix into which an engine linked packages and
 * nothing else happened. Null when a package cannot be known by itself, or when what is known of all
 * would not give this very archive again.
 */
function indexPackages(
  plan: Plan,
  watched: Pick<WatchedContents, 'read' | 'outdated'>,
  place: KnownPlace,
): PackageIndex[] | null {
  const present = new Map(plan.owners.files.map((file) => [file.path, file]));
  const indexes = new Map<string, PackageIndex>();
  for (const owner of plan.owners.conda) {
    const index = indexPackage(owner, plan, present);
    if (!index) return null;
    indexes.set(`conda:${owner.name}`, index);
  }
  for (const path of watched.outdated) {
    indexes.get(plan.owners.segmentOf(path))?.outdated.push(path);
  }
  for (const [entry, scanned] of watched.read) {
    if (scanned.clobbered) return null;
    addMember(indexes, plan, entry, scanned);
  }
  const known = [...indexes.values()];
  const again = planKnown(known, place);
  return again && outline(again.plan) === outline(plan) ? known : null;
}

function indexPackage(
  { name, record, files: recorded, folders, displaced, blanked }: CondaPackage,
  { kept }: Plan,
  present: ReadonlyMap<string, PrefixFile>,
): PackageIndex | null {
  if (displaced.size > 0) return null;
  const files: IndexedFile[] = [];
  const above = new Set<string>();
  for (const [path, linked] of recorded) {
    const file = present.get(path);
    if (folders.has(path)) {
      if (file?.kind === 'directory') addFolders(above, path);
      continue;
    }
    if (!file || file.kind === 'directory' || needsOthers(file, recorded)) return null;
    const { kind, executable, bytes, target } = file;
    const travels = kept.get(path);
    const fate = travels ? (travels.uncheck ? 'uncheck' : 'keep') : 'drop';
    files.push({ path, kind, executable, bytes, target, fate, linked });
    addFolders(above, posix.dirname(path));
  }
  return { name, record, files, folders: [...above], members: [], outdated: [], blanked };
}

/** Whether more than the package itself decides what becomes of a file, or it decides of others. */
function needsOthers(file: PrefixFile, own: CondaPackage['files']): boolean {
  const { path } = file;
  const bytecode = cachedBytecode(path);
  return (
    LINK_SCRIPT.test(path) ||
    staysBehind(path, false, true) ||
    (file.kind === 'link' && mayLeave(file)) ||
    (bytecode !== null && !bytecode.optimised && !own.has(bytecode.source))
  );
}

function addFolders(folders: Set<string>, lowest: string): void {
  for (let path = lowest; path !== '.' && !folders.has(path); path = posix.dirname(path)) {
    folders.add(path);
  }
}

function addMember(
  indexes: ReadonlyMap<string, PackageIndex>,
  { owners }: Plan,
  { path, source }: FileEntry,
  { bytes, sha256, record, faults }: ScannedFile,
): void {
  if (source.kind !== 'disk') return;
  const from = source.file.path;
  const owner = linkOwner(path, owners);
  const lent = owner === owners.segmentOf(from) ? null : source.record;
  const member = { path, source: from, lent, bytes, sha256, record, faults };
  indexes.get(owner)?.members.push(member);
}

/** All that a plan says of an archive, but for what is in files. */
function outline({ segments, owners, warnings }: Plan): string {
  return JSON.stringify([
    segments.map(({ name, entries }) => [name, entries.map(entryLine)]),
    owners.conda.map(({ record, blanked }) => [record, blanked.length]).sort(),
    warnings,
  ]);
}

function entryLine(entry: Plan['segments'][number]['entries'][number]) {
  if (entry.kind === 'directory') return entry.path;
  if (entry.kind === 'link') return [entry.path, entry.target];
  const { path, executable, source } = entry;
  const from = source.kind === 'disk' ? [source.file.path, source.file.bytes, source.uncheck] : [];
  return [path, executable, ...from];
}

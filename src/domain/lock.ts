/** A package as it was solved: where it comes from and what its bytes must be. */
export interface LockedPackage {
  name: string;
  version: string;
  build: string;
  /** `noarch` or the platform. */
  subdir: string;
  /** Name of the channel as people write it. */
  channel: string;
  /** Address of the artifact; may hold no credentials. */
  url: string;
  sha256: string;
  md5: string | null;
  /** Bytes of the artifact; null when the channel does not say. */
  size: number | null;
}

/** A package of pip's as it was resolved: one wheel or sdist, and what its bytes must be. */
export interface LockedWheel {
  /** Normalised (PEP 503). */
  name: string;
  version: string;
  /** Address of the file, whose last part is its name; may hold no credentials. */
  url: string;
  sha256: string;
  /** Bytes of the file; null when the index does not say. */
  size: number | null;
  /** All wheels that the build of an sdist has (PEP 517); left out where the file is a wheel. */
  builtWith?: readonly LockedWheel[];
}

/** The solver's answer, complete enough to make the same prefix again anywhere. */
export interface Lock {
  platform: Platform;
  packages: readonly LockedPackage[];
  /** What pip installs on top of them; left out where nothing is. */
  wheels?: readonly LockedWheel[];
}

export type Platform = 'linux-64' | 'linux-aarch64';

/** A lock as an engine links it: the same engine links the same package in the same way. */
export interface Linked {
  lock: Lock;
  /** With its version: `rattler py-rattler 0.28.0`. */
  engine: string;
}

/** Sorted by name: two solvers that agree give the same text. */
export function canonicalLock(lock: Lock): Lock {
  const { platform, wheels = [] } = lock;
  const packages = lock.packages.toSorted(byName);
  if (wheels.length === 0) return { platform, packages };
  const ordered = wheels.map((wheel) =>
    wheel.builtWith ? { ...wheel, builtWith: wheel.builtWith.toSorted(byName) } : wheel,
  );
  return { platform, packages, wheels: ordered.sort(byName) };
}

const byName = (left: { name: string }, right: { name: string }): number =>
  left.name < right.name ? -1 : 1;

/** Where wheels come from, beside the names of channels. */
export const PIP = 'pip';

/** What of pip is built here from source, by name. */
export function sdistsOf(lock: Lock): (LockedWheel & Required<Pick<LockedWheel, 'builtWith'>>)[] {
  return (canonicalLock(lock).wheels ?? []).flatMap(({ builtWith, ...wheel }) =>
    builtWith === undefined ? [] : [{ ...wheel, builtWith }],
  );
}

/** Everything that is installed, in one list: wheels are packages of the channel `pip`. */
export function everyPackage(lock: Lock): LockedPackage[] {
  const { packages, wheels = [] } = canonicalLock(lock);
  return [
    ...packages,
    ...wheels.map(({ name, version, url, sha256, size }) => ({
      ...{ name, version, url, sha256, size },
      ...{ build: '', subdir: '', channel: PIP, md5: null },
    })),
  ];
}

/** What changed between two locks, by package name. */
export interface LockDifference {
  added: LockedPackage[];
  removed: LockedPackage[];
  changed: { before: LockedPackage; after: LockedPackage }[];
}

export function compareLocks(before: Lock | null, after: Lock): LockDifference {
  const isSame = (one: LockedPackage, other: LockedPackage) => one.sha256 === other.sha256;
  return comparePackages(before ? everyPackage(before) : [], everyPackage(after), isSame);
}

/** The same of lists of packages; `isSame` tells whether two of one name are one. */
export function comparePackages(
  before: readonly LockedPackage[],
  after: readonly LockedPackage[],
  isSame: (one: LockedPackage, other: LockedPackage) => boolean,
): LockDifference {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const difference: LockDifference = { added: [], removed: [], changed: [] };
  for (const entry of after) {
    const previous = old.get(entry.name);
    old.delete(entry.name);
    if (!previous) difference.added.push(entry);
    else if (!isSame(previous, entry)) difference.changed.push({ before: previous, after: entry });
  }
  difference.removed.push(...old.values());
  return difference;
}

/** `2 added, 1 changed, 3 removed`; `none` where nothing is. */
export function countChanges(
  { added, changed, removed }: Record<keyof LockDifference, readonly unknown[]>,
  none = 'the same packages',
): string {
  const parts = [
    added.length > 0 && `${added.length} added`,
    changed.length > 0 && `${changed.length} changed`,
    removed.length > 0 && `${removed.length} removed`,
  ].filter(Boolean);
  return parts.join(', ') || none;
}

/** Bytes of the artifacts, as far as their channels say. */
export function bytesOf(packages: readonly Pick<LockedPackage, 'size'>[]): number {
  return packages.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

/** Whether both have the same bytes of the same packages. */
export function isSameLock(one: Lock | null, other: Lock): boolean {
  const { added, removed, changed } = compareLocks(one, other);
  return one?.platform === other.platform && added.length + removed.length + changed.length === 0;
}

/** conda's rules for versions, by rattler. */
import { createRequire } from 'node:module';
import type { Version, VersionSpec } from '@conda-org/rattler';
import { strictVersion } from './version.ts';

const require = createRequire(import.meta.url);

/** Loaded for the first version: most of what is typed has none, and WebAssembly takes its time. */
const load = (): typeof import('@conda-org/rattler') => require('@conda-org/rattler');

/** Whether rattler reads a constraint, in the form that every engine reads alike. */
export function isConstraint(constraint: string): boolean {
  const { VersionSpec } = load();
  try {
    new VersionSpec(strictVersion(constraint, false), 'strict').free();
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a version is one of those a spec's constraint allows, by conda's rules. A constraint that
 * cannot be told here allows every version. `isExact`: a build follows, see `strictVersion`.
 */
export function meetsVersion(version: string, constraint: string | null, isExact = false): boolean {
  if (constraint === null) return true;
  const { VersionSpec } = load();
  let parsed: VersionSpec;
  try {
    parsed = new VersionSpec(strictVersion(constraint, isExact));
  } catch {
    return true;
  }
  try {
    return withVersion(version, (value) => parsed.matches(value)) ?? false;
  } finally {
    parsed.free();
  }
}

/** Orders versions as conda does, the newest first; what is no version comes last. */
export function newestFirst(versions: Iterable<string>): string[] {
  // Each is read once: a package may have a thousand.
  const read = [...versions].map((text) => ({ text, version: versionOf(text) }));
  try {
    return read
      .sort((left, right) => newerFirst(left.version, right.version))
      .map(({ text }) => text);
  } finally {
    for (const { version } of read) version?.free();
  }
}

function newerFirst(left: Version | null, right: Version | null): number {
  if (left && right) return right.compare(left);
  return Number(left === null) - Number(right === null);
}

/** WebAssembly's memory is not collected; null for a text that is no version. */
function withVersion<T>(text: string, use: (version: Version) => T): T | null {
  const version = versionOf(text);
  try {
    return version && use(version);
  } finally {
    version?.free();
  }
}

function versionOf(text: string): Version | null {
  const { Version } = load();
  try {
    return new Version(text);
  } catch {
    return null;
  }
}

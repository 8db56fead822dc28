/** Which environments have a package: their locks are looked through, conda's packages and wheels alike. */
import { defaultRevision, type Environment, isThere, tagsOf } from './environment.ts';
import { everyPackage, type LockedPackage, PIP } from './lock.ts';
import { meantBy } from './nearest-package.ts';
import { normalName } from './pip.ts';
import { meetsVersion, newestFirst, type Spec } from './spec.ts';

/** A revision that has what was looked for. */
export interface Found {
  environment: string;
  owner: string;
  revision: number;
  /** The environment's name alone means it. */
  isDefault: boolean;
  tags: string[];
  isThere: boolean;
  packages: Pick<LockedPackage, 'name' | 'version' | 'channel'>[];
}

/** What no revision has: the versions of it that some have, else names that may have been meant. */
export interface NotFound {
  spec: Spec;
  versions: string[];
  near: string[];
}

export interface SearchResult {
  found: Found[];
  missing: NotFound[];
  /** So many revisions were looked through. */
  looked: number;
}

/**
 * Revisions with a package that meets one of the specs, by the names of their environments: those
 * that a name or a tag means; with `all` every one, let go or not.
 */
export function search(
  environments: readonly Environment[],
  specs: readonly Spec[],
  all: boolean,
): SearchResult {
  const looked = environments
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((environment) => revisionsToSearch(environment, all))
    .map(({ packages, ...rest }) => ({ ...rest, every: packages }));
  const found = looked
    .map(({ every, ...rest }) => ({
      ...rest,
      packages: every.filter((entry) => specs.some((spec) => meetsSpec(entry, spec))),
    }))
    .filter(({ packages }) => packages.length > 0);
  const every = looked.flatMap((each) => each.every);
  const missing = specs
    .filter((spec) => !every.some((entry) => meetsSpec(entry, spec)))
    .map((spec) => notFound(spec, every));
  return { found, missing, looked: looked.length };
}

/** Whether a spec means a package, by conda's rules; names of wheels are compared as pip does. */
export function meetsSpec(entry: Omit<LockedPackage, 'url' | 'size'>, spec: Spec): boolean {
  const { version, build, buildNumber, channel, subdir, md5, sha256 } = spec;
  return (
    isNamed(entry, spec) &&
    meetsVersion(entry.version, version, build !== null) &&
    (build === null || pattern(build).test(entry.build)) &&
    (buildNumber === undefined || meetsVersion(numberIn(entry.build), exact(buildNumber))) &&
    (channel === null || channel === entry.channel) &&
    (subdir === undefined || subdir === entry.subdir) &&
    (md5 === undefined || md5 === entry.md5) &&
    (sha256 === undefined || sha256 === entry.sha256)
  );
}

/** Whether a spec is about a package, whatever else it wants of it. */
export function isNamed(
  { name, channel }: Pick<LockedPackage, 'name' | 'channel'>,
  spec: Spec,
): boolean {
  return name === (channel === PIP ? normalName(spec.name) : spec.name);
}

function pattern(build: string): RegExp {
  const parts = build.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** A lock has only the build string, which ends with the number: `py311h64a7726_0`. */
function numberIn(build: string): string {
  return /(\d+)$/.exec(build)?.[1] ?? '0';
}

const exact = (number: string): string => (/^\d/.test(number) ? `==${number}` : number);

function revisionsToSearch(environment: Environment, all: boolean) {
  const { name, owner, revisions } = environment;
  const named = defaultRevision(environment)?.number;
  return revisions
    .map((revision) => ({
      ...{ environment: name, owner, revision: revision.number },
      ...{ isDefault: revision.number === named, isThere: isThere(revision) },
      tags: tagsOf(environment, revision.number),
      lock: revision.lock,
    }))
    .filter((each) => all || (each.isThere && (each.isDefault || each.tags.length > 0)))
    .map(({ lock, ...rest }) => ({ ...rest, packages: everyPackage(lock) }));
}

function notFound(spec: Spec, every: readonly LockedPackage[]): NotFound {
  const same = every.filter((entry) => isNamed(entry, spec));
  const versions = newestFirst(new Set(same.map(({ version }) => version)));
  const names = new Set(every.map(({ name }) => name));
  const near = versions.length > 0 ? [] : meantBy(spec.name, names).map(({ name }) => name);
  return { spec, versions, near };
}

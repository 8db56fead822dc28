/** Which environments have a package: their locks are looked through, conda's packages and wheels alike. */
import { defaultRevision, type Environment, isThere, tagsOf } from './environment.ts';
import { everyPackage, type LockedPackage, PIP } from './lock.ts';
import { meantBy } from './nearest-package.ts';
import type { Outline } from './outline.ts';
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

/** Which of those that were found are told of. */
export interface SearchPage {
  /** Also revisions that nothing means, and those let go. */
  all: boolean;
  start: number;
  limit: number;
}

export interface SearchResult {
  /** Those of the page. */
  found: Found[];
  /** How many there are on all pages. */
  count: { revisions: number; environments: number };
  missing: NotFound[];
  /** So many revisions were looked through. */
  looked: number;
}

/**
 * Revisions with a package that meets one of the specs, by the names of their environments: those
 * that a name or a tag means; with `all` every one, let go or not. What a store answers from its
 * index is what this says of its records.
 */
export function search(
  environments: readonly Environment[],
  specs: readonly Spec[],
  { all, start, limit }: SearchPage,
): SearchResult {
  const looked = environments
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((environment) =>
      environment.revisions.map((revision) => ({
        ...foundIn(environment, revision.number),
        packages: everyPackage(revision.lock),
      })),
    )
    .filter((each) => all || isMeant(each));
  const found = looked
    .map(({ packages, ...rest }) => ({
      ...rest,
      packages: packages
        .filter((entry) => specs.some((spec) => meetsSpec(entry, spec)))
        .map(({ name, version, channel }) => ({ name, version, channel })),
    }))
    .filter(({ packages }) => packages.length > 0);
  const every = looked.flatMap(({ packages }) => packages);
  const missing = specs
    .filter((spec) => !every.some((entry) => meetsSpec(entry, spec)))
    .map((spec) => notFound(spec, every));
  return {
    found: found.slice(start, start + limit),
    count: {
      revisions: found.length,
      environments: new Set(found.map(({ environment }) => environment)).size,
    },
    missing,
    looked: looked.length,
  };
}

/** What is said of a revision beside its packages. Throws where the environment has none of that number. */
export function foundIn(environment: Outline, number: number): Omit<Found, 'packages'> {
  const { name, owner, revisions } = environment;
  const revision = revisions.find((known) => known.number === number);
  if (revision === undefined) throw new Error(`${name} has no revision ${number}`);
  return {
    ...{ environment: name, owner, revision: number },
    isDefault: defaultRevision(environment)?.number === number,
    tags: tagsOf(environment, number),
    isThere: isThere(revision),
  };
}

/** Whether a name or a tag means a revision that is there. */
export function isMeant({ isThere, isDefault, tags }: Omit<Found, 'packages'>): boolean {
  return isThere && (isDefault || tags.length > 0);
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

function notFound(spec: Spec, every: readonly LockedPackage[]): NotFound {
  const same = every.filter((entry) => isNamed(entry, spec));
  const versions = newestFirst(new Set(same.map(({ version }) => version)));
  const names = new Set(every.map(({ name }) => name));
  const near = versions.length > 0 ? [] : meantBy(spec.name, names).map(({ name }) => name);
  return { spec, versions, near };
}

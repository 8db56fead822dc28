/** What files and revisions have, or ask for, beside one another. */
import { comparePackages, type LockDifference, type LockedPackage, PIP } from './lock.ts';
import { condaVersion, formatRequirement } from './pip.ts';
import { pipNames } from './pip-names.ts';
import type { BuildRequest } from './request.ts';
import { isNamed, meetsSpec } from './search.ts';
import { formatSpec, meetsVersion } from './spec.ts';

/** One of the two that are compared. */
export interface Side {
  /** `environment.yml`, `churn@3` */
  label: string;
  asked: Pick<BuildRequest, 'specs' | 'pip'>;
  /** What is there, of conda and pip alike; null where that is left to a solver. */
  installed: readonly LockedPackage[] | null;
  /** Rows of a file that cannot be had, and are not compared. */
  left: readonly { line: number; text: string }[];
}

/** What was asked for of one package, and what is there of it. */
export interface Judged {
  /** `numpy>=2`, `rich (pip)` */
  asked: string;
  /** What there is: `numpy 1.26.4`; null for nothing. */
  found: string | null;
  isMet: boolean;
}

export type Compared =
  /** Both have packages. */
  | { kind: 'packages'; difference: LockDifference }
  /** One asks, and the other one has. `others`: packages that nobody asked for. */
  | { kind: 'constraints'; judged: Judged[]; others: number }
  /** Both ask. */
  | { kind: 'asked'; added: string[]; removed: string[]; changed: { from: string; to: string }[] };

/** What differs, by the most that is known of both. */
export function compareSides(from: Side, to: Side): Compared {
  if (from.installed !== null && to.installed !== null) {
    const difference = comparePackages(from.installed, to.installed, isSame);
    return { kind: 'packages', difference };
  }
  if (to.installed !== null) return judge(from.asked, to.installed);
  if (from.installed !== null) return judge(to.asked, from.installed);
  return differenceAsked(from.asked, to.asked);
}

/** A list without digests is told by its versions and builds. */
function isSame(one: LockedPackage, other: LockedPackage): boolean {
  if (one.sha256 !== '' && other.sha256 !== '') return one.sha256 === other.sha256;
  const isBuilt = one.build !== '' && other.build !== '';
  return one.version === other.version && (!isBuilt || one.build === other.build);
}

function judge(asked: Side['asked'], installed: readonly LockedPackage[]): Compared {
  const named = new Set<LockedPackage>();
  const judged = [...asked.specs.map(ofConda), ...asked.pip.map(ofPip)].map(
    ({ text, isNamed, isMet }): Judged => {
      const found = installed.filter(isNamed);
      for (const entry of found) named.add(entry);
      const [best] = found.toSorted((left, right) => Number(isMet(right)) - Number(isMet(left)));
      return {
        asked: text,
        found: best === undefined ? null : labelOf(best),
        isMet: best !== undefined && isMet(best),
      };
    },
  );
  return { kind: 'constraints', judged, others: installed.length - named.size };
}

type Test = (entry: LockedPackage) => boolean;

function ofConda(spec: Side['asked']['specs'][number]): Record<'isNamed' | 'isMet', Test> & {
  text: string;
} {
  return {
    text: formatSpec(spec),
    isNamed: (entry) => isNamed(entry, spec),
    isMet: (entry) => meetsSpec(entry, spec),
  };
}

/** What pip is asked for, conda may have brought: by another name, maybe. */
function ofPip(requirement: Side['asked']['pip'][number]): ReturnType<typeof ofConda> {
  const { name, specifier } = requirement;
  return {
    text: `${formatRequirement(requirement)} (pip)`,
    isNamed: (entry) =>
      entry.channel === PIP ? entry.name === name : pipNames(entry.name).includes(name),
    isMet: ({ version }) => meetsVersion(version, condaVersion(specifier)),
  };
}

function differenceAsked(before: Side['asked'], after: Side['asked']): Compared {
  const [old, now] = [textsOf(before), textsOf(after)];
  const both = [...now].filter(([key]) => old.has(key));
  return {
    kind: 'asked',
    added: [...now].filter(([key]) => !old.has(key)).map(([, text]) => text),
    removed: [...old].filter(([key]) => !now.has(key)).map(([, text]) => text),
    changed: both.flatMap(([key, to]) => {
      const from = old.get(key) ?? '';
      return from === to ? [] : [{ from, to }];
    }),
  };
}

/** What is asked for by its name; one name may be conda's and pip's. */
function textsOf({ specs, pip }: Side['asked']): Map<string, string> {
  return new Map([
    ...specs.map((spec) => [spec.name, formatSpec(spec)] as const),
    ...pip.map((each) => [`${each.name} ${PIP}`, `${formatRequirement(each)} (pip)`] as const),
  ]);
}

function labelOf({ name, version, channel }: LockedPackage): string {
  return `${name} ${version}${channel === PIP ? ' (pip)' : ''}`;
}

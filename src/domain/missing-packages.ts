import type { FerryError, Repair } from './errors.ts';
import { userError } from './errors.ts';
import { printable } from './names.ts';
import { condaName, type Meant, meantBy } from './nearest-package.ts';
import { listInWords } from './phrase.ts';
import type { ChannelContent, Channels } from './ports.ts';
import { formatSpec, meetsVersion, newestFirst, type Spec } from './spec.ts';

/** A spec that no package of the channels can meet by itself. */
export interface Missing {
  spec: Spec;
  kind: 'package' | 'version';
  /** Specs that would be met, the likeliest first; none where nothing is near. */
  instead: readonly Spec[];
  /** conda's name for the same, when no channel has that either. */
  called: string | null;
  /** Of a version: those there are around the one asked for, newest first. */
  versions: readonly string[];
}

const MOST_VERSIONS = 5;

/** Each is compared with every name of the channels, and nobody mends more of them by hand. */
const MOST_MEANT = 50;

/** Names that one sentence has; of more it says how many. */
const MOST_NAMED = 10;
/** So many packages that are missing are a sentence each. */
const MOST_APART = 3;

/** Of the versions of a package, those that may be offered. */
export type Offerable = (name: string, versions: readonly string[]) => readonly string[];

const ANY: Offerable = (_, versions) => versions;

/**
 * The specs that cannot be met, or null where the channels could not be asked. `names` are the
 * channels of the request in their order; the first one that has a package is the only one it
 * comes from (strict channel priority), unless the spec names another.
 */
export async function missingPackages(
  specs: readonly Spec[],
  names: readonly string[],
  channels: Channels,
  offerable: Offerable = ANY,
): Promise<Missing[] | null> {
  const asked = [...new Set([...names, ...specs.flatMap(({ channel }) => channel ?? [])])];
  const wanted = specs.map(({ name }) => name);
  const contents = await channels.read(asked, wanted);
  if (contents === null) return null;
  const unknown = specs.filter((spec) => !spec.name.startsWith('__') && !holderOf(spec, contents));
  const known = new Set(unknown.length === 0 ? [] : contents.flatMap((each) => [...each.names()]));
  const meant = new Map(
    unknown.map((spec, index) => [spec, index < MOST_MEANT ? meantBy(spec.name, known) : []]),
  );
  // The versions of what was meant may not be known yet.
  const near = [...meant.values()].flat().map(({ name }) => name);
  const complete = near.length === 0 ? contents : await channels.read(asked, [...wanted, ...near]);
  return specs.flatMap((spec): Missing[] => {
    const candidates = meant.get(spec);
    if (candidates) {
      const instead = candidates.map((each) => replaced(spec, each, complete, offerable));
      const called = instead.length === 0 ? condaName(spec.name) : null;
      return [{ spec, kind: 'package', instead, called, versions: [] }];
    }
    return missingVersion(spec, contents, offerable) ?? [];
  });
}

/** The channel a spec's package comes from. */
function holderOf(spec: Spec, contents: readonly ChannelContent[]): ChannelContent | undefined {
  return contents.find(
    (content) => (spec.channel === null || content.name === spec.channel) && content.has(spec.name),
  );
}

function missingVersion(
  spec: Spec,
  contents: readonly ChannelContent[],
  offerable: Offerable,
): Missing[] | null {
  const versions = holderOf(spec, contents)?.versions(spec.name) ?? [];
  if (spec.version === null || versions.length === 0) return null;
  const isExact = spec.build !== null;
  if (versions.some((version) => meetsVersion(version, spec.version, isExact))) return null;
  const around = nearestVersions(spec.version, versions);
  const likeliest = [...offerable(spec.name, around), ...around].slice(0, 1);
  const instead = likeliest.map((version) => withVersion(spec, version));
  const shown = newestFirst(around.slice(0, MOST_VERSIONS));
  return [{ spec, kind: 'version', instead, called: null, versions: shown }];
}

/** A spec under its right name; a version that this one does not have is left out. */
function replaced(
  spec: Spec,
  meant: Meant,
  contents: readonly ChannelContent[] | null,
  offerable: Offerable,
): Spec {
  const version = spec.version ?? (meant.version === null ? null : `=${meant.version}`);
  const renamed = { ...spec, name: meant.name, version, build: null };
  const missing = contents && missingVersion(renamed, contents, offerable)?.[0];
  return missing ? (missing.instead[0] ?? { ...renamed, version: null }) : renamed;
}

/** Every version: the series that a constraint first names before the others, then the nearest. */
function nearestVersions(constraint: string, versions: readonly string[]): string[] {
  const asked = /\d[^\s,|()<>=!~*]*/.exec(constraint)?.[0].replace(/\.$/, '');
  const ordered = newestFirst(versions);
  if (asked === undefined) return ordered;
  const newer = ordered.filter((version) => meetsVersion(version, `>=${asked}`)).length;
  const isOther = (version: string) => Number(version.split('.')[0] !== asked.split('.')[0]);
  const away = (version: string) => Math.abs(ordered.indexOf(version) + 0.5 - newer);
  return ordered.toSorted(
    (left, right) => isOther(left) - isOther(right) || away(left) - away(right),
  );
}

/** `=1.26` of 1.26.4: as exact as people usually are, and it meets the version. */
function withVersion(spec: Spec, version: string): Spec {
  const short = `=${version.split('.').slice(0, 2).join('.')}`;
  const exact = meetsVersion(version, short) ? short : `==${version}`;
  return { name: spec.name, channel: spec.channel, version: exact, build: null };
}

/** Every spec, with what is missing replaced; null where nothing is near one of them. */
export function repairSpecs(specs: readonly Spec[], missing: readonly Missing[]): Spec[] | null {
  const repaired = specs.map((spec) => {
    const found = missing.find((each) => each.spec === spec);
    return found ? found.instead[0] : spec;
  });
  if (!repaired.every((spec) => spec !== undefined)) return null;
  // A misspelt package may stand beside itself.
  return [...new Map(repaired.map((spec) => [formatSpec(spec), spec])).values()];
}

/** Everything that is missing, each in an error of its own; of many packages in one, as that says the same of each. */
export function missingParts(
  missing: readonly Missing[],
  channels: readonly string[],
): FerryError[] {
  const unknown = missing.filter(({ kind }) => kind === 'package');
  const isMany = unknown.length > MOST_APART;
  const apart = isMany ? missing.filter(({ kind }) => kind !== 'package') : missing;
  return [...(isMany ? [unknown] : []), ...apart.map((each) => [each])].map((together) =>
    missingError(together, channels, { about: together[0]?.spec.name ?? '' }),
  );
}

/** Everything that is missing in one error. */
export function missingError(
  missing: readonly Missing[],
  channels: readonly string[],
  rest: { details?: string; repairs?: readonly Repair[]; about?: string } = {},
): FerryError {
  const where = listChannels(channels);
  const names = missing.filter(({ kind }) => kind === 'package').map(({ spec }) => spec);
  const versions = missing.filter(({ kind }) => kind === 'version').map(({ spec }) => spec);
  const message = [
    names.length > 0 &&
      `No package ${listNamed(
        names.map((spec) => code(spec.name)),
        'or',
      )} is in ${where}.`,
    versions.length > 0 &&
      `No version in ${where} meets ${listNamed(
        versions.map((spec) => code(formatSpec(spec))),
        'or',
      )}.`,
  ];
  return userError({
    code: 'package-not-found',
    message: message.filter(Boolean).join(' '),
    suggestion: suggestionOf(missing),
    ...rest,
  });
}

/** The names that are shown, and how many are not. */
function listNamed(names: readonly string[], word: 'and' | 'or'): string {
  const hidden = names.length - MOST_NAMED;
  const shown = hidden > 0 ? [...names.slice(0, MOST_NAMED), `${hidden} more`] : names;
  return listInWords(shown, word);
}

function suggestionOf(missing: readonly Missing[]): string {
  const meant = missing.filter(({ kind, instead }) => kind === 'package' && instead.length > 0);
  const lost = missing.filter(
    ({ kind, instead, called }) => kind === 'package' && instead.length === 0 && called === null,
  );
  const versions = missing.filter(({ kind }) => kind === 'version');
  const only = versions.length === 1 && missing.length === 1;
  const sentences = [
    meant.length > 0 &&
      `Did you mean ${listInWords(
        meant.slice(0, MOST_NAMED).map(({ spec, instead }) => {
          const near = listInWords(
            instead.map(({ name }) => code(name)),
            'or',
          );
          return meant.length + lost.length > MOST_APART ? `${near} for ${code(spec.name)}` : near;
        }),
        'and',
      )}?`,
    ...versions
      .slice(0, MOST_NAMED)
      .map(({ spec, versions: known }) =>
        only
          ? `There is ${known.map(code).join(', ')}.`
          : `Of ${code(spec.name)} there is ${known.map(code).join(', ')}.`,
      ),
    ...missing
      .filter(({ called }) => called !== null)
      .slice(0, MOST_NAMED)
      .map(
        ({ spec, called }) =>
          `${code(spec.name)} is ${code(called ?? '')} in conda, which is not there either.`,
      ),
    lost.length > 0 &&
      `Check ${
        meant.length > 0
          ? listNamed(
              lost.map(({ spec }) => code(spec.name)),
              'and',
            )
          : lost.length > 1
            ? 'the names'
            : 'the name'
      }, or name another channel with \`--channel\`.`,
  ];
  return sentences.filter(Boolean).join(' ');
}

function code(text: string): string {
  return `\`${printable(text)}\``;
}

/** `the channel lab`, `the channels lab, conda-forge` */
export function listChannels(names: readonly string[]): string {
  const list = names.map((name) => `\`${name}\``).join(', ');
  return names.length === 1 ? `the channel ${list}` : `the channels ${list}`;
}

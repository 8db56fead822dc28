/** What may be meant while a package is being typed: names, then versions of one of them. */
import { indexNames, type NameIndex, namesBeginning } from './name-index.ts';
import { condaNames, meantBy, popularity } from './nearest-package.ts';
import type { ChannelContent } from './ports.ts';
import { formatSpec, meetsVersion, newestFirst, parseSpec, type Spec } from './spec.ts';

/** A spec that can be chosen. */
export interface Suggestion {
  /** `numpy=1.26` */
  spec: string;
  /** A few words about it; null where there is nothing to say. */
  note: string | null;
}

/** A channel's content, with its names in order. */
export interface IndexedChannel {
  content: ChannelContent;
  index: NameIndex;
}

/** Slack shows no more. */
const MOST = 100;
const MOST_RELEASES = 4;
/** A slip of the keys in a shorter word could mean anything. */
const SHORTEST_SLIP = 3;

/** Once for what a channel holds: `suggestSpecs` may be asked at every key. */
export function indexChannel(content: ChannelContent): IndexedChannel {
  return { content, index: indexNames(content.names(), rankOf) };
}

/** What is typed so far: `conda-forge::`, `numpy`, `>=1.20,`, `<`, `2.`. */
interface Typed {
  channel: string | null;
  name: string;
  /** Clauses that are finished, with the comma behind them. */
  clauses: string;
  /** Null while the name is being typed. */
  operator: string | null;
  version: string;
}

const TYPED = /^\s*(?:([\w.-]+)::)?([\w.-]*)(.*)$/s;
const CLAUSE = /^(|.*[,|])\s*(?:([=<>!~]+)\s*)?([\w.!+]*)\*?$/s;
/** Characters; of a longer text nothing is to be guessed. */
const LONGEST = 200;

/** The package whose versions `suggestSpecs` needs for a text; null where it needs none. */
export function packageIn(typed: string): string | null {
  return read(typed)?.name || null;
}

/**
 * Suggestions for a text, in the order of their likelihood: what is typed itself where the channels have
 * it, then the names that begin so, or behind a name its releases and versions, newest first. What no
 * channel has stands last, so that anything can be asked for and Enter alone takes what there is.
 * `channels` in the order of their priority.
 */
export function suggestSpecs(text: string, channels: readonly IndexedChannel[]): Suggestion[] {
  const typed = read(text);
  const asTyped = text.length > LONGEST ? null : specOf(text);
  const open = channels.filter(
    ({ content }) => typed?.channel == null || content.name === typed.channel,
  );
  const further = typed === null ? [] : continued(typed, open);
  const own = asTyped && asItIs(asTyped, channels, open);
  const others = further.filter(({ spec }) => spec !== own?.spec);
  if (own === null) return others.slice(0, MOST);
  const few = others.slice(0, MOST - 1);
  if (own.note !== null) return [...few, own];
  return [further.find(({ spec }) => spec === own.spec) ?? own, ...few];
}

function read(text: string): Typed | null {
  if (text.length > LONGEST) return null;
  const [, channel = null, name = '', behind = ''] = TYPED.exec(text) ?? [];
  const lower = name.toLowerCase();
  const known = { channel, name: lower };
  if (behind === '') return { ...known, clauses: '', operator: null, version: '' };
  if (lower === '') return null;
  const found = CLAUSE.exec(behind.trim());
  if (found === null) return null;
  const [, clauses = '', operator = '', version = ''] = found;
  return { ...known, clauses: clauses.trim(), operator: operator || '=', version };
}

function continued(typed: Typed, channels: readonly IndexedChannel[]): Suggestion[] {
  return typed.operator === null
    ? nameSuggestions(typed, channels)
    : versionSuggestions(typed, channels);
}

function nameSuggestions(typed: Typed, channels: readonly IndexedChannel[]): Suggestion[] {
  const { name, channel } = typed;
  if (name === '') return [];
  const isThere = (other: string) => channels.some(({ index }) => index.names.has(other));
  const found = channels.flatMap(({ index }) => namesBeginning(index, name, MOST));
  const begun = [...new Set(found)].sort(
    (left, right) => rankFor(name, left) - rankFor(name, right),
  );
  const alike = condaNames(name).filter(isThere);
  const slips =
    begun.length + alike.length > 0 || name.length < SHORTEST_SLIP
      ? []
      : channels.flatMap(({ index }) => meantBy(name, index.names).map((meant) => meant.name));
  const names = [...new Set([...alike, ...begun, ...slips])].filter((other) => other !== name);
  const releases = isThere(name)
    ? versionSuggestions({ ...typed, operator: '=' }, channels).slice(0, MOST_RELEASES)
    : [];
  const prefix = channel === null ? '' : `${channel}::`;
  return [
    ...(isThere(name) ? [named(name, prefix, channels)] : []),
    ...releases,
    ...names.map((other) => named(other, prefix, channels)),
  ];
}

function named(name: string, prefix: string, channels: readonly IndexedChannel[]): Suggestion {
  const holder = channels.length > 1 && channels.find(({ index }) => index.names.has(name));
  return { spec: `${prefix}${name}`, note: holder ? `from ${holder.content.name}` : null };
}

/** Lower is likelier: what many ask for, then what begins so and is short. */
function rankOf(name: string, isPart: boolean): number {
  const known = popularity(name) ?? 10_000;
  return known + (isPart ? 1_000 : 0) + Math.min(name.length, 99);
}

function rankFor(prefix: string, name: string): number {
  return rankOf(name, !name.startsWith(prefix));
}

function versionSuggestions(typed: Typed, channels: readonly IndexedChannel[]): Suggestion[] {
  const { name, channel, clauses, version } = typed;
  const operator = typed.operator ?? '=';
  const holder = channels.find(({ index }) => index.names.has(name));
  if (!holder) return [];
  const begun = holder.content.versions(name).filter((each) => each.startsWith(version));
  const allowed = begun.filter((each) => meetsVersion(each, clauses.replace(/[,|]$/, '') || null));
  const versions = newestFirst(allowed);
  const prefix = `${channel === null ? '' : `${channel}::`}${name}${clauses}${operator}`;
  const isExact = operator.startsWith('==');
  const newest = new Map<string, string>();
  for (const each of versions) {
    const release = each.split('.').slice(0, 2).join('.');
    if (!newest.has(release)) newest.set(release, each);
  }
  const releases = [...newest].filter(
    ([release, each]) => !isExact && release !== each && release.startsWith(version),
  );
  return [
    ...releases.map(([release, each]) => ({
      spec: `${prefix}${release}`,
      note: operator === '=' ? `${each} is its newest` : null,
    })),
    ...versions.map((each) => ({ spec: `${prefix}${each}`, note: null })),
  ].filter(({ spec }) => specOf(spec) !== null);
}

/** What is typed, as it is, with what the channels say of it. */
function asItIs(
  spec: Spec,
  all: readonly IndexedChannel[],
  open: readonly IndexedChannel[],
): Suggestion {
  const text = formatSpec(spec);
  const holder = open.find(({ index }) => index.names.has(spec.name));
  if (all.length === 0) return { spec: text, note: null };
  if (!holder) return { spec: text, note: 'in none of the channels' };
  const versions = holder.content.versions(spec.name);
  const isThere =
    versions.length === 0 || versions.some((each) => meetsVersion(each, spec.version));
  return { spec: text, note: isThere ? null : `no such version in ${holder.content.name}` };
}

function specOf(text: string): Spec | null {
  try {
    return parseSpec(text.trim());
  } catch {
    return null;
  }
}

import { userError } from './errors.ts';
import { printable } from './names.ts';
import { checkBuild, readConstraint, readVersion } from './spec/constraint.ts';
import { type BracketField, readBrackets } from './spec/fields.ts';
import { Mistake, type Position } from './spec/mistake.ts';
import { readName } from './spec/name.ts';
import { nearestSpec } from './spec/nearest.ts';
import { readChannel, readSubdir } from './spec/place.ts';
import { refuseCharacters, refuseForeign } from './spec/refused.ts';
import { clausesOf } from './spec/version.ts';

export { meetsVersion, newestFirst } from './spec/compare.ts';

/**
 * One conda MatchSpec as a person types it: `[channel[/subdir]::]name[version][build][fields]`,
 * e.g. `numpy`, `python=3.11`, `numpy >=1.26,<2`, `conda-forge::pandas=2.2=py311_0`,
 * `numpy[version='>=1.26',build=py311*]`. Read as conda's `MatchSpec` reads it
 * (`conda/models/match_spec.py`), within what both engines can do and policy allows.
 * Fields that were not typed are absent where records of older requests have none.
 */
export interface Spec {
  /** Lower case, as conda compares names. */
  name: string;
  /**
   * Clauses joined by `,` (and) and `|` (or), each with its operator, in conda's command-line
   * sense: `=3.11` means 3.11.*, `==3.11` exactly that. `=3.11` beside a build is exact too.
   */
  version: string | null;
  /** A build string; `*` stands for any characters. */
  build: string | null;
  /** The name of a channel. */
  channel: string | null;
  /** Only packages of this folder of the channels: `noarch`, `linux-64` … */
  subdir?: string;
  /** A number, with an operator before it where one was typed: `3`, `>=3`. */
  buildNumber?: string;
  md5?: string;
  sha256?: string;
}

const LONGEST = 400;

/**
 * Parses one spec, or throws `bad-spec` with the position of the part that is wrong and the
 * nearest spec that is right. `start` and `end` are where the text stood in what the person typed.
 */
export function parseSpec(text: string, start = 0, end = start + text.length): Spec {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const nearest = nearestSpec(text, isSpec);
    const meant = nearest === null ? null : `Did you mean \`${nearest}\`?`;
    throw userError({
      code: 'bad-spec',
      message: `\`${printable(text)}\` is not a package spec: ${error.message}.`,
      suggestion: [meant, error.hint].filter(Boolean).join(' ') || null,
      position: {
        start: start + error.start,
        // What is wrong up to the end is so in the typed text, which may be longer by a quote.
        end: error.end === text.length ? end : Math.min(start + error.end, end),
      },
      replacement: nearest === null ? null : { text: nearest, start, end },
    });
  }
}

/** The text that people and engines read; parsing it again gives the same spec. */
export function formatSpec(spec: Spec): string {
  const { name, channel, subdir } = spec;
  const prefix = channel === null ? '' : `${channel}${subdir ? `/${subdir}` : ''}::`;
  const clauses = clausesOf(spec.version ?? '');
  const isPlain = !spec.version?.includes('(');
  // Behind one version with `=`, a build can follow; anywhere else it has to be named.
  const follows = isPlain && clauses.length === 1 && /^=/.test(clauses[0] ?? '');
  const fields = [
    isPlain ? null : `version='${spec.version}'`,
    spec.build === null || follows ? null : `build=${spec.build}`,
    subdir && channel === null ? `subdir=${subdir}` : null,
    spec.buildNumber ? `build_number='${spec.buildNumber}'` : null,
    spec.md5 ? `md5=${spec.md5}` : null,
    spec.sha256 ? `sha256=${spec.sha256}` : null,
  ].filter((field) => field !== null);
  const version = isPlain ? (spec.version ?? '') : '';
  const build = follows && spec.build !== null ? `=${spec.build}` : '';
  return `${prefix}${name}${version}${build}${fields.length > 0 ? `[${fields.join(',')}]` : ''}`;
}

function isSpec(text: string): boolean {
  try {
    read(text);
    return true;
  } catch (error) {
    if (error instanceof Mistake) return false;
    throw error;
  }
}

function read(text: string): Spec {
  if (text.length > LONGEST) {
    throw new Mistake(
      `it is longer than ${LONGEST} characters`,
      { start: 0, end: text.length },
      null,
    );
  }
  refuseForeign(text);
  const { outside, fields } = readBrackets(text);
  refuseCharacters(outside);
  const at = outside.lastIndexOf('::');
  const place = at < 0 ? {} : readChannel(outside.slice(0, at), 0);
  const offset = at < 0 ? 0 : at + 2 + (/^\s*/.exec(outside.slice(at + 2))?.[0].length ?? 0);
  const body = outside.slice(offset);
  const { name, rest, restStart } = readName(body, offset);
  const constraint = readConstraint(rest, restStart);
  return withFields({ name, ...constraint, channel: null, ...place }, fields);
}

/** What stands in brackets wins over what stands before them, as in conda. */
function withFields(spec: Spec, fields: readonly BracketField[]): Spec {
  const result = { ...spec };
  const named = new Map(fields.map((field) => [field.key, field]));
  for (const { key, value, position } of fields) {
    if (key === 'version') result.version = readVersion(value, position);
    else if (key === 'build') {
      checkBuild(value, position);
      result.build = value;
    } else if (key === 'channel') Object.assign(result, readChannel(value, position.start));
    else if (key === 'subdir') result.subdir = readSubdir(value, position);
    else if (key === 'build_number') result.buildNumber = readBuildNumber(value, position);
    else result[key] = readChecksum(key, value, position);
  }
  // Only directly before its build is `=3.11` exact; named apart, each keeps its own meaning.
  const isApart = named.has('version') || (named.has('build') && spec.build === null);
  if (isApart && result.build !== null && /^=[^=*,|()]+$/.test(result.version ?? '')) {
    result.version = `${result.version}.*`;
  }
  return inOrder(result);
}

/** Equal specs are equal texts in a record, whatever the order of their fields was. */
function inOrder({ subdir, buildNumber, md5, sha256, ...spec }: Spec): Spec {
  return {
    ...spec,
    ...(subdir === undefined ? {} : { subdir }),
    ...(buildNumber === undefined ? {} : { buildNumber }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

function readBuildNumber(value: string, position: Position): string {
  const compact = value.replace(/\s+/g, '');
  if (/^(?:==|!=|>=|<=|>|<|=)?\d{1,9}$/.test(compact)) return compact.replace(/^==?/, '');
  throw new Mistake(
    `\`${printable(value)}\` is not a build number`,
    position,
    'Build numbers look like `build_number=3` or `build_number=">=3"`.',
  );
}

function readChecksum(key: 'md5' | 'sha256', value: string, position: Position): string {
  const digits = key === 'md5' ? 32 : 64;
  if (value.length === digits && /^[0-9a-f]+$/i.test(value)) return value.toLowerCase();
  throw new Mistake(`\`${key}\` has ${digits} hexadecimal digits`, position, null);
}

import { Version, VersionSpec } from '@conda-org/rattler';
import { userError } from './errors.ts';
import { printable } from './names.ts';
import { type BracketField, Mistake, readBrackets } from './spec-fields.ts';
import { nearestSpec } from './spec-nearest.ts';
import { canonicalVersion, clausesOf, strictVersion } from './spec-version.ts';

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
const CHANNEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Channels of Anaconda whose names have a slash: `pkgs/main`, `owner/label/dev`. */
const NESTED_CHANNEL = /^(?:pkgs\/[a-z0-9]+|[A-Za-z0-9][\w.-]{0,63}\/label\/[\w.-]{1,64})$/;
const BUILD = /^[A-Za-z0-9_.*+]{1,64}$/;
/** conda's own: a name ends where white space or an operator begins (`_NAME_VERSION_RE`). */
const SPLIT = /^([^\s=<>!~]+)(.*)$/s;
/** conda's own split of version and build (`_VERSION_BUILD_RE`). */
const VERSION_BUILD = /((?:.+?)[^><!,|]?)(?:(?<![=!|,<>~])[ =]([^-=,|<>~]+?))?$/s;
/** CEP 26, "Identifying packages and channels in the conda ecosystem". */
const NAME = /^(?:[a-z0-9]|[a-z0-9_](?!_))[._-]?(?:[a-z0-9]+(?:[._-]|$))*$/;
/** `numpy-1.26.4`, `numpy-1.26.4-py311_0` as files are called, `python3.11` as the program is. */
const WITH_VERSION =
  /^(?:[a-z][a-z0-9_.-]*?-\d+(?:\.\d+)+(?:-[a-z0-9_.]+|\.tar\.gz|\.zip)?|python\d\.\d+)$/;
const SUBDIRS = ['linux-64', 'linux-aarch64', 'noarch'];
const OTHER_SUBDIR = /^(?:osx|win|linux|freebsd|zos|emscripten|wasi)-[a-z0-9]+$/;

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
    throw new Mistake(`it is longer than ${LONGEST} characters`, whole(text), null);
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

function whole(text: string): { start: number; end: number } {
  return { start: 0, end: text.length };
}

/** `conda-forge`, `conda-forge/linux-64` or, for any channel, a `*` in its place. */
function readChannel(text: string, start: number): Partial<Spec> {
  const isWhole = NESTED_CHANNEL.test(text);
  const [, name = text, subdir] = isWhole ? [] : (/^(.*)\/([^/]*)$/.exec(text) ?? []);
  const end = start + text.length;
  const named = name === '*' ? { channel: null } : { channel: name };
  if (name !== '*' && !CHANNEL.test(name) && !NESTED_CHANNEL.test(name)) {
    throw new Mistake(
      `\`${printable(text)}\` is not the name of a channel`,
      { start, end },
      'Name a channel such as `conda-forge::numpy`; addresses are configured by the operator.',
    );
  }
  if (subdir === undefined) return named;
  return { ...named, subdir: readSubdir(subdir, { start: end - subdir.length, end }) };
}

function readSubdir(subdir: string, position: { start: number; end: number }): string {
  if (SUBDIRS.includes(subdir)) return subdir;
  throw new Mistake(
    OTHER_SUBDIR.test(subdir)
      ? `the clusters are Linux, and \`${printable(subdir)}\` is not for them`
      : `\`${printable(subdir)}\` is not a platform`,
    position,
    `There are ${SUBDIRS.map((known) => `\`${known}\``).join(', ')}.`,
  );
}

function readName(body: string, offset: number) {
  const [, name = '', rest = ''] = SPLIT.exec(body) ?? [];
  const position = { start: offset, end: offset + (name.length || body.length) };
  const lower = name.toLowerCase();
  if (name === '') throw new Mistake('there is no package name', position, 'Begin with a name.');
  if (/^(?:\d+(?:\.\d+)*|v\d+(?:\.\d+)+)$/.test(name)) {
    throw new Mistake(
      `\`${printable(name)}\` is a version without its package`,
      position,
      `Write the package before it, such as \`python=${printable(name.replace(/^v/, ''))}\`.`,
    );
  }
  if (name.includes('*')) {
    throw new Mistake('a name with `*` could be any package', position, 'Name one package.');
  }
  if (lower.startsWith('__')) {
    throw new Mistake(
      `\`${printable(name)}\` is a property of the machine, not a package`,
      position,
      'It follows from the profile of the cluster; leave it out.',
    );
  }
  if (WITH_VERSION.test(lower)) {
    throw new Mistake(
      `in \`${printable(name)}\` the version is a part of the name`,
      position,
      'A version follows `=`: `numpy=1.26`.',
    );
  }
  if (!NAME.test(lower) || name.length > 128) {
    throw new Mistake(`\`${printable(name)}\` is not a package name`, position, null);
  }
  return { name: lower, rest, restStart: offset + name.length };
}

function readConstraint(text: string, start: number): Pick<Spec, 'version' | 'build'> {
  const rest = text.trim();
  if (rest === '') return { version: null, build: null };
  const from = start + text.length - text.trimStart().length;
  const position = { start: from, end: from + rest.length };
  // conda stumbles over two spaces after an operator; they mean what one means.
  const compact = rest
    .replace(/\s+/g, ' ')
    .replace(/ ?([,|]) ?/g, '$1')
    .replace(/([=<>!~]) /g, '$1');
  const [, version = compact, build = null] = VERSION_BUILD.exec(compact) ?? [];
  if (/^[A-Za-z]/.test(version)) {
    throw new Mistake(
      `\`${printable(rest)}\` after the name is not a version constraint`,
      position,
      'Two packages are two words, without quotes around both.',
    );
  }
  const typedBuild = build?.trim() ?? null;
  if (typedBuild !== null) {
    checkBuild(typedBuild, {
      start: position.end - (build?.trimStart().length ?? 0),
      end: position.end,
    });
  }
  const end = typedBuild === null ? position.end : position.end - typedBuild.length;
  const versionEnd = start + text.slice(0, end - start).replace(/[\s=]+$/, '').length;
  const place = typedBuild === null ? position : { start: from, end: versionEnd };
  return { version: readVersion(version, place), build: typedBuild };
}

function readVersion(text: string, position: { start: number; end: number }): string {
  const version = canonicalVersion(text, position);
  try {
    new VersionSpec(strictVersion(version, false), 'strict').free();
  } catch {
    throw new Mistake(
      `\`${printable(text.trim())}\` is not a version constraint conda understands`,
      position,
      'Constraints are `=3.11`, `==3.11.3`, `>=1.26,<2`, `!=2.0` or `=1.*`.',
    );
  }
  return version;
}

function checkBuild(build: string, position: { start: number; end: number }): void {
  if (BUILD.test(build)) return;
  throw new Mistake(
    `\`${printable(build)}\` is not a build string`,
    position,
    'Builds look like `py311_0`, or `py311*` for all that begin so.',
  );
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

function readBuildNumber(value: string, position: { start: number; end: number }): string {
  const compact = value.replace(/\s+/g, '');
  if (/^(?:==|!=|>=|<=|>|<|=)?\d{1,9}$/.test(compact)) return compact.replace(/^==?/, '');
  throw new Mistake(
    `\`${printable(value)}\` is not a build number`,
    position,
    'Build numbers look like `build_number=3` or `build_number=">=3"`.',
  );
}

function readChecksum(
  key: 'md5' | 'sha256',
  value: string,
  position: { start: number; end: number },
): string {
  const digits = key === 'md5' ? 32 : 64;
  if (value.length === digits && /^[0-9a-f]+$/i.test(value)) return value.toLowerCase();
  throw new Mistake(`\`${key}\` has ${digits} hexadecimal digits`, position, null);
}

/** Forms a MatchSpec allows but a request does not: they could reach outside the channels. */
function refuseForeign(text: string): void {
  const foreign: Rules = [
    [/^-\S*/, 'it starts with `-`', 'Options are listed by `help create`.'],
    [/^<[@#!]\S*|^@\S+/, 'people and channels are not packages', 'Name the package.'],
    [/:[a-z0-9_+-]+:(?!:)/, 'emoji are not packages', 'Name the package.'],
    [/\p{Extended_Pictographic}/u, 'emoji are not packages', 'Name the package.'],
    [
      /[a-z][a-z0-9+.-]*:\/\/\S*|^[~.]{0,2}[/\\]\S*|\\|\.(?:conda|tar\.bz2|whl)$/i,
      'addresses and paths are not packages',
      'The operator configures channels; for your own code use `--project`.',
    ],
    [/[^\x20-\x7e]/u, 'it has a character no package has', 'Type it in plain ASCII.'],
    [
      /;.*\b(?:python_version|python_full_version|sys_platform|platform_\w+|os_name|extra)\b.*/,
      (marker) =>
        `\`${printable(marker.replace(/^;\s*/, ''))}\` is a marker of pip, which conda does not have`,
      'Leave out what follows the `;`.',
    ],
  ];
  refuseAny(text, foreign);
}

/** What is left of a spec when its brackets are set aside has few characters. */
function refuseCharacters(text: string): void {
  refuseAny(text, [
    [/@/, '`@` is not an operator of conda', 'Versions follow `=`.'],
    [
      /(?<!:):(?!:)/,
      'a channel stands before two colons',
      'Write `conda-forge::numpy` for a channel and `numpy=1.26` for a version.',
    ],
    [/#.*/, 'comments are not part of a spec', 'Leave out what follows the `#`.'],
    [/[\^$]/, 'regular expressions and `^` are not offered', 'Write `=1.2` or `>=1.2,<2` instead.'],
    [
      /[`;&"'(){}?%]/,
      'it has a character no package has',
      'Specs look like `numpy`, `numpy=1.2` or `numpy>=1,<2`.',
    ],
    [/(?<!\*)\/(?!.*::)/, 'a path is not a package', 'A channel stands before `::`.'],
  ]);
}

/** What may not be in a text, why, and what to type instead. */
type Rules = ReadonlyArray<readonly [RegExp, string | ((words: string) => string), string | null]>;

function refuseAny(text: string, rules: Rules): void {
  for (const [pattern, reason, hint] of rules) {
    const match = pattern.exec(text);
    if (!match) continue;
    const end = match.index + match[0].length;
    const why = typeof reason === 'string' ? reason : reason(match[0]);
    throw new Mistake(why, { start: match.index, end }, hint);
  }
}

/**
 * Whether a version is one of those a spec's constraint allows, by conda's rules. A constraint that
 * cannot be told here allows every version. `isExact`: a build follows, see `strictVersion`.
 */
export function meetsVersion(version: string, constraint: string | null, isExact = false): boolean {
  if (constraint === null) return true;
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
  return [...versions].sort(
    (left, right) =>
      withVersion(right, (newer) => withVersion(left, (older) => newer.compare(older))) ?? 0,
  );
}

/** WebAssembly's memory is not collected; null for a text that is no version. */
function withVersion<T>(text: string, use: (version: Version) => T): T | null {
  let version: Version;
  try {
    version = new Version(text);
  } catch {
    return null;
  }
  try {
    return use(version);
  } finally {
    version.free();
  }
}

import { isPackageName, VersionSpec } from '@conda-org/rattler';
import { userError } from './errors.ts';
import { printable } from './names.ts';

/**
 * One conda MatchSpec as a person types it: `[channel::]name[version][=build]`, e.g. `numpy`,
 * `python=3.11`, `numpy>=1.26,<2`, `conda-forge::pandas=2.2=py311_0`.
 * What a version or a name may be is conda's rule, asked of rattler; here the text is only split.
 */
export interface Spec {
  /** Lower case, as conda compares names. */
  name: string;
  /** In conda's command-line sense: `=3.11` means 3.11.*, `==3.11` means exactly that. */
  version: string | null;
  build: string | null;
  channel: string | null;
}

interface Position {
  start: number;
  end: number;
}

const CHANNEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const BUILD = /^[A-Za-z0-9_.*+-]{1,64}$/;
const SPLIT = /^([^\s=<>!~]+)\s*(.*)$/s;

/**
 * Parses one spec, or throws `bad-spec` with the position of the part that is wrong.
 * `start` is where the text stood in what the person typed.
 */
export function parseSpec(text: string, start = 0): Spec {
  const whole = { start, end: start + text.length };
  refuseForeign(text, whole);
  const separator = text.indexOf('::');
  const channel = separator < 0 ? null : text.slice(0, separator);
  if (channel !== null && !CHANNEL.test(channel)) {
    throw badSpec(
      text,
      `\`${printable(channel)}\` is not the name of a channel`,
      'Name a channel such as `conda-forge::numpy`; addresses are configured by the operator.',
      { start, end: start + separator },
    );
  }
  const offset = separator < 0 ? 0 : separator + 2;
  const [, name = '', rest = ''] = SPLIT.exec(text.slice(offset)) ?? [];
  const namePosition = { start: start + offset, end: start + offset + name.length };
  if (!isPackageName(name) || name.startsWith('_') || name.length > 128) {
    throw badSpec(
      text,
      name ? `\`${printable(name)}\` is not a package name` : 'there is no package name',
      'Write a name, then a version: `numpy`, `python=3.11`, `numpy>=1.26,<2`.',
      namePosition,
    );
  }
  const restPosition = { start: whole.end - rest.length, end: whole.end };
  return { name: name.toLowerCase(), channel, ...parseConstraint(text, rest, restPosition) };
}

/** The text that engines read; parsing it again gives the same spec. */
export function formatSpec(spec: Spec): string {
  const channel = spec.channel === null ? '' : `${spec.channel}::`;
  const build = spec.build === null ? '' : `=${spec.build}`;
  return `${channel}${spec.name}${spec.version ?? ''}${build}`;
}

function parseConstraint(text: string, rest: string, position: Position) {
  if (rest === '') return { version: null, build: null };
  const compact = rest.replace(/\s*([,|])\s*/g, '$1').replace(/([=<>!~])\s+/g, '$1');
  const pinned = /^(={1,2})([^=<>!~,|]+)=([^=]*)$/.exec(compact);
  const version = pinned ? `${pinned[1]}${pinned[2]}` : compact;
  const build = pinned ? (pinned[3] ?? '') : null;
  if (build !== null && !BUILD.test(build)) {
    throw badSpec(text, `\`${printable(build)}\` is not a build string`, null, position);
  }
  if (!/^[=<>!~]/.test(version)) {
    throw badSpec(
      text,
      `\`${printable(version)}\` after the name is not a version constraint`,
      'Join name and version without a space: `python=3.11`; or quote the whole: `"numpy >=1.26"`.',
      position,
    );
  }
  try {
    new VersionSpec(version).free();
  } catch {
    throw badSpec(
      text,
      `\`${printable(version)}\` is not a version constraint conda understands`,
      'Use `=3.11`, `==3.11.3`, `>=1.26,<2`, `!=2.0` or `=1.*`.',
      position,
    );
  }
  return { version, build };
}

/** Forms a MatchSpec allows but a request does not: they could reach outside the channels. */
function refuseForeign(text: string, position: Position): void {
  const foreign: ReadonlyArray<readonly [RegExp, string, string]> = [
    [
      /^-/,
      'it starts with `-`',
      'Options are listed by `help create`; a package never starts with `-`.',
    ],
    [/\[|\]/, 'the bracket form is not accepted', 'Write `name=version` instead of `name[…]`.'],
    [
      /:\/\/|\/|\\|@/,
      'addresses and paths are not packages',
      'Name the package; the operator configures channels; for your own code use `--project`.',
    ],
    [/[^\x20-\x7e]/, 'it has characters no package has', 'Type it in plain ASCII.'],
    [
      /[`$;&#"'(){}?%^]/,
      'it has characters no package has',
      'Write `name`, `name=1.2` or `name>=1,<2`.',
    ],
  ];
  for (const [pattern, reason, suggestion] of foreign) {
    if (pattern.test(text)) throw badSpec(text, reason, suggestion, position);
  }
}

function badSpec(text: string, reason: string, suggestion: string | null, position: Position) {
  return userError({
    code: 'bad-spec',
    message: `\`${printable(text)}\` is not a package spec: ${reason}.`,
    suggestion,
    position,
  });
}

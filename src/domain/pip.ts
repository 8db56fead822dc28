import { userError } from './errors.ts';
import { printable } from './names.ts';

/**
 * One requirement as pip reads it (PEP 508, "Dependency specifiers"): `name[extras]specifier`,
 * `name @ address`, and behind a `;` the marker that says where it holds.
 */
export interface PipRequirement {
  /** Lower case, runs of `-`, `_` and `.` as one `-` (PEP 503). */
  name: string;
  /** Normalised as names are, each once, in order. */
  extras: string[];
  /** Clauses joined by `,` without blanks, as PEP 440 has them: `>=1.26,<2`. */
  specifier: string | null;
  /** Blanks as single ones. */
  marker: string | null;
  url: string | null;
  /** What its file must have as digest: `sha256:…`; any one of them will do. */
  hashes: string[];
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const HEAD = /^([^\s[\](){}<>=!~;@,'"]+)\s*(?:\[([^\]]*)\])?\s*(.*)$/s;
const LONGEST = 2000;
/** PEP 440, appendix B, without what only normalises. */
const VERSION =
  /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$/i;

/** PEP 503, "Normalized Names". */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Parses one requirement, or throws `bad-requirement` with what to write instead. */
export function parseRequirement(text: string): PipRequirement {
  const typed = text.trim();
  if (typed.length > LONGEST) throw wrong(typed, `it is longer than ${LONGEST} characters`, null);
  const { body, marker } = splitMarker(typed);
  const [, name = '', extras, rest = ''] = HEAD.exec(body) ?? [];
  if (!NAME.test(name)) {
    throw wrong(typed, `\`${printable(name || body)}\` is not the name of a package`, null);
  }
  const isAddress = rest.startsWith('@');
  return {
    name: normalName(name),
    extras: extras === undefined ? [] : readExtras(extras, typed),
    specifier: isAddress ? null : readSpecifier(rest, name, typed),
    marker,
    url: isAddress ? readAddress(rest.slice(1).trim(), typed) : null,
    hashes: [],
  };
}

/** The text that pip reads; parsing it again gives the same requirement, without its hashes. */
export function formatRequirement({
  name,
  extras,
  specifier,
  marker,
  url,
}: PipRequirement): string {
  const extra = extras.length > 0 ? `[${extras.join(',')}]` : '';
  const place = url === null ? (specifier ?? '') : ` @ ${url}`;
  const end = marker === null ? '' : `${url === null ? '' : ' '}; ${marker}`;
  return `${name}${extra}${place}${end}`;
}

/** A specifier in conda's words, which differ in what is compared as text; null for any version. */
export function condaVersion(specifier: string | null): string | null {
  return specifier === null ? null : specifier.replaceAll('===', '==');
}

/** Behind an address only a `;` after a blank begins a marker (PEP 508, "Grammar"). */
function splitMarker(text: string): { body: string; marker: string | null } {
  const at = /^[^;]*@\s*\S*:/.test(text) ? text.search(/\s;/) + 1 || -1 : text.indexOf(';');
  if (at < 0) return { body: text, marker: null };
  const marker = text
    .slice(at + 1)
    .trim()
    .replace(/\s+/g, ' ');
  return { body: text.slice(0, at).trim(), marker: marker === '' ? null : marker };
}

function readExtras(text: string, typed: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.length === 1 && names[0] === '') return [];
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) {
    throw wrong(
      typed,
      `\`${printable(bad)}\` is not an extra`,
      'Extras are written `name[one,two]`.',
    );
  }
  return [...new Set(names.map(normalName))].sort();
}

function readAddress(text: string, typed: string): string {
  if (/^\S+$/.test(text)) return text;
  throw wrong(typed, 'there is no address after the `@`', null);
}

function readSpecifier(text: string, name: string, typed: string): string | null {
  // Older metadata have parentheses: `numpy (>=1.26)`.
  const inside = /^\((.*)\)$/s.exec(text.trim())?.[1] ?? text;
  if (inside.trim() === '') return null;
  const clauses = inside.replace(/,\s*$/, '').split(',');
  return clauses.map((clause) => readClause(clause.trim(), name, typed)).join(',');
}

function readClause(clause: string, name: string, typed: string): string {
  const [, operator = '', value = ''] = /^(===|[=!<>~]=|[<>=]|)\s*(.*)$/s.exec(clause) ?? [];
  if (clause === '') throw wrong(typed, 'a `,` stands between two constraints', null);
  const write = (text: string) => `Write \`${printable(name)}${printable(text)}\`.`;
  const between = value.split(/(?<=[^\s=!<>~])\s*(?=[=!<>~])/);
  if (operator !== '' && between.length > 1) {
    const parts = [`${operator}${between[0]}`, ...between.slice(1)];
    const meant = parts.map((part) => part.replace(/\s+/g, '')).join(',');
    throw wrong(typed, 'two constraints need a `,` between them', write(meant));
  }
  // `=>1.26`: the other way round.
  const turned = operator === '=' ? /^([<>])\s*(.*)$/s.exec(value) : null;
  if (turned) {
    throw wrong(
      typed,
      `\`=${turned[1]}\` is no operator of pip`,
      write(`${turned[1]}=${turned[2]}`),
    );
  }
  if (operator === '' || operator === '=') {
    const isVersion = VERSION.test(value.replace(/\.\*$/, ''));
    const reason = isVersion
      ? `\`${printable(clause)}\` has no operator of pip`
      : `\`${printable(clause)}\` is not a version constraint`;
    throw wrong(typed, reason, isVersion ? write(`==${value}`) : null);
  }
  if (operator === '===') {
    if (/^[^\s,;]+$/.test(value)) return `===${value}`;
    throw wrong(typed, `\`${printable(clause)}\` is not a version constraint`, null);
  }
  const core = value.replace(/\.\*$/, '');
  if (!VERSION.test(core)) {
    throw wrong(
      typed,
      value === ''
        ? `there is no version after \`${operator}\``
        : `\`${printable(value)}\` is not a version of pip’s`,
      null,
    );
  }
  if (core !== value && operator !== '==' && operator !== '!=') {
    throw wrong(
      typed,
      `\`.*\` stands only after \`==\` and \`!=\`, not after \`${operator}\``,
      write(`${operator}${core}`),
    );
  }
  if (operator === '~=' && !core.includes('.')) {
    throw wrong(typed, '`~=` needs a version of two parts or more', write(`${operator}${core}.0`));
  }
  return `${operator}${value}`;
}

function wrong(typed: string, reason: string, suggestion: string | null): Error {
  return userError({
    code: 'bad-requirement',
    message: `\`${printable(typed)}\` is not a requirement of pip: ${reason}.`,
    suggestion:
      suggestion ?? 'Requirements look like `numpy`, `numpy==1.26.4` or `numpy>=1.26,<2`.',
  });
}

import { printable } from '../names.ts';
import { Mistake, type Position } from './mistake.ts';

/** The constraints of a version, without what joins and groups them. */
export function clausesOf(version: string): string[] {
  return version.split(/[,|()]/).filter((clause) => clause !== '');
}

/**
 * A version as typed, every clause with its operator: `1.26` → `==1.26`, `1.26*` → `=1.26.*`,
 * `==1.26.*` → `=1.26.*` (conda's `_sanitize_version_str` and `VersionSpec.get_matcher`).
 * Throws a Mistake for what one of conda and rattler does not understand.
 */
export function canonicalVersion(text: string, position: Position): string {
  if (/[^\s,|<>=!~(]\s+[^\s,|<>=!~)]/.test(text.trim())) {
    throw new Mistake(
      `\`${printable(text.trim())}\` is more than a version and a build`,
      position,
      'A build has letters, digits, `_`, `.` and `*`: `numpy 1.26.* py311*`.',
    );
  }
  let index = -1;
  const parts = text.replace(/\s+/g, '').split(/([,|()])/);
  const canonical = parts.map((part, at) => {
    if (at % 2 === 1) return part;
    if (part === '' && isGrouping(parts[at - 1], parts[at + 1])) return part;
    index += 1;
    return canonicalClause(part, index === 0, position);
  });
  return canonical.join('');
}

/** Nothing stands outside an opening or closing parenthesis. */
function isGrouping(before: string | undefined, after: string | undefined): boolean {
  return before === ')' || after === '(';
}

function canonicalClause(clause: string, isFirst: boolean, position: Position): string {
  const [, typed = '', value = ''] = /^(={2,}|[!<>~]=|[=<>])?(.*)$/s.exec(clause) ?? [];
  const operator = typed.startsWith('==') ? '==' : typed;
  if (clause === '' || value === '') {
    throw new Mistake(
      clause === ''
        ? 'a `,` or `|` joins nothing'
        : `there is no version after \`${printable(clause)}\``,
      position,
      null,
    );
  }
  if (/^[=<>!~]/.test(value)) {
    const known = '`=`, `==`, `!=`, `>=`, `<=`, `>`, `<` and `~=`';
    throw new Mistake(
      `\`${printable(clause)}\` does not begin with an operator of conda`,
      position,
      `The operators are ${known}.`,
    );
  }
  const isStarred = value.endsWith('*');
  const core = value.replace(/\.?\*$/, '');
  if (core.includes('*') || (isStarred && core === '' && /^[!<>~]/.test(operator))) {
    throw new Mistake(
      `\`${printable(clause)}\` has a \`*\` where no version can have one`,
      position,
      'A `*` stands at the end: `=1.26.*`.',
    );
  }
  if (operator === '~=' && (isStarred || !core.includes('.'))) {
    throw new Mistake(
      `\`${printable(clause)}\` does not say which part of the version may change`,
      position,
      'Write two parts or more after `~=`, and no `*`: `~=1.26`.',
    );
  }
  if (core === '') return '=*';
  if (operator === '' || operator === '=') {
    if (isStarred) return `=${core}.*`;
    return `${operator || '=='}${core}`;
  }
  // conda drops the first `==` before a star, and the star behind any other.
  if (operator === '==' && isStarred && isFirst) return `=${core}.*`;
  return operator === '!=' && isStarred ? `!=${core}.*` : `${operator}${core}`;
}

/**
 * A version in the form that every engine reads alike: `==1.26` and `1.26.*`, never a single `=`.
 * `isExact`: a build follows directly, so a lone `=1.26` means 1.26 itself (conda, "Package match
 * specifications"). Records of older requests hold clauses as they were typed; they are read too.
 */
export function strictVersion(version: string, isExact: boolean): string {
  const isLone = clausesOf(version).length === 1;
  return version
    .split(/([,|()])/)
    .map((clause) => (/^[,|()]?$/.test(clause) ? clause : strictClause(clause, isExact && isLone)))
    .join('');
}

function strictClause(clause: string, isExact: boolean): string {
  const [, operator = '', value = ''] = /^([!<>~]=|==|[=<>])?(.*)$/s.exec(clause) ?? [];
  const isStarred = value.endsWith('*');
  const core = value.replace(/\.?\*$/, '');
  if (operator === '' || operator === '=' || (operator === '==' && isStarred)) {
    if (isStarred) return core === '' ? '*' : `${core}.*`;
    return operator === '=' && !isExact ? `${core}.*` : `==${core}`;
  }
  return operator === '!=' && isStarred ? `!=${core}.*` : `${operator}${core}`;
}

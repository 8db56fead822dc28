import { printable } from '../domain/names.ts';
import { normalName } from '../domain/pip.ts';
import type { Groups } from './groups.ts';
import { refuseElsewhere } from './pixi-manifest.ts';
import type { Places } from './places.ts';
import { readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';
import { isMapping, type Table, tableAt } from './tables.ts';

/**
 * `[tool.poetry]` (Poetry, "The pyproject.toml file"). Where `[project]` has the dependencies,
 * what Poetry says of them only tells where they are from.
 */
export function readPoetry(
  rows: Rows,
  places: Places,
  groups: Groups,
  poetry: Table,
  isDescribed: boolean,
): void {
  if (typeof poetry.name === 'string') rows.name ??= poetry.name;
  const extras = tableAt(poetry, 'extras');
  const wanted = Object.keys(extras)
    .filter((name) => groups.isWanted(name, 'extra', places.ofKey('tool.poetry.extras', name)))
    .flatMap((name) => extras[name])
    .filter((name) => typeof name === 'string')
    .map((name) => normalName(name));
  if (!isDescribed)
    readTable(rows, places, poetry.dependencies, 'tool.poetry.dependencies', wanted);
  const old = 'tool.poetry.dev-dependencies';
  if (
    isMapping(poetry['dev-dependencies']) &&
    groups.isWanted('dev', 'group', places.ofTable(old))
  ) {
    readTable(rows, places, poetry['dev-dependencies'], old);
  }
  for (const [name, group] of Object.entries(tableAt(poetry, 'group'))) {
    const table = `tool.poetry.group.${name}.dependencies`;
    if (!groups.isWanted(name, 'group', places.ofTable(table)) || !isMapping(group)) continue;
    readTable(rows, places, group.dependencies, table);
  }
}

/** `wanted`: the optional packages that are, in normal form. */
function readTable(
  rows: Rows,
  places: Places,
  dependencies: unknown,
  table: string,
  wanted: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(isMapping(dependencies) ? dependencies : {})) {
    const line = places.ofKey(table, name);
    // Several constraints, each for some platforms or versions of Python.
    for (const each of Array.isArray(value) ? value : [value]) {
      const isOptional = isMapping(each) && each.optional === true;
      if (isOptional && !wanted.includes(normalName(name))) {
        rows.note(line, `\`${printable(name)}\` is optional, and left out.`);
      } else readDependency(rows, name, each, line);
    }
  }
}

function readDependency(rows: Rows, name: string, value: unknown, line: number): void {
  const fields: Table =
    typeof value === 'string' ? { version: value } : isMapping(value) ? value : {};
  const { version = '*', extras, markers, python, platform } = fields;
  if (typeof version !== 'string' || (typeof value !== 'string' && !isMapping(value))) {
    rows.refuse(
      line,
      `The version of \`${printable(name)}\` is not a text.`,
      `Put it in quotes: \`${printable(name)} = "^1.26"\`.`,
    );
    return;
  }
  if (refuseElsewhere(rows, name, fields, line)) return;
  const constraint = poetryConstraint(version);
  if (name === 'python') {
    rows.spec(`python${constraint ?? ''}`, line);
  } else if (constraint?.includes('|')) {
    rows.refuse(
      line,
      `\`${printable(version)}\` has alternatives, which pip does not have.`,
      `Write one range: \`${printable(name)} = "${printable(constraint.split('|')[0] ?? '')}"\`.`,
    );
  } else {
    const extra = Array.isArray(extras) && extras.length > 0 ? `[${extras.join(',')}]` : '';
    const marker = [
      typeof markers === 'string' ? markers : null,
      typeof platform === 'string' ? `sys_platform == "${platform}"` : null,
      typeof python === 'string' ? pythonMarker(python) : null,
    ].filter((each) => each !== null);
    const end =
      marker.length > 0
        ? `; ${marker.length > 1 ? marker.map((each) => `(${each})`).join(' and ') : marker[0]}`
        : '';
    readRequirementRow(rows, `${name}${extra}${constraint ?? ''}${end}`, line);
  }
}

/** `>=3.8,<3.11` as a marker; null for any Python. */
function pythonMarker(text: string): string | null {
  const constraint = poetryConstraint(text);
  if (constraint === null) return null;
  const alternatives = constraint.split('|').map((clauses) =>
    clauses
      .split(',')
      .map((clause) => clause.replace(/^([=!<>~]+)(.*)$/, `python_version $1 "$2"`))
      .join(' and '),
  );
  return alternatives.join(' or ');
}

/**
 * A constraint of Poetry's in PEP 440 (Poetry, "Dependency specification"): `^1.2` is `>=1.2,<2.0`.
 * Null for any version; alternatives stay apart with `|`, which pip does not have.
 */
export function poetryConstraint(text: string): string | null {
  const alternatives = text.split(/\s*\|\|?\s*/).map((alternative) =>
    alternative
      .trim()
      .replace(/([=<>!~^])\s+/g, '$1')
      .split(/\s*,\s*|\s+/)
      .filter((clause) => clause !== '' && clause !== '*')
      .map(constraintOf)
      .join(','),
  );
  const joined = alternatives.join('|');
  return joined === '' || alternatives.includes('') ? null : joined;
}

function constraintOf(clause: string): string {
  const [, operator = '', version = ''] =
    /^(\^|~(?!=)|[=!<>~]=|===|[<>=]|)(.*)$/.exec(clause) ?? [];
  if (operator === '^') return `>=${version},<${nextVersion(version, caretPart(version))}`;
  if (operator === '~') {
    const parts = version.split('.').length;
    return `>=${version},<${nextVersion(version, Math.min(parts, 2) - 1)}`;
  }
  if (operator === '' || operator === '=') return `==${version}`;
  return `${operator}${version}`;
}

/** `^` keeps the first part that is not zero: 1 of 1.2, 2 of 0.2.3. */
function caretPart(version: string): number {
  const parts = numbersOf(version);
  const at = parts.findIndex((part) => part !== 0);
  return at < 0 ? parts.length - 1 : at;
}

/** The version after all that share the parts up to `part`: 2.0 for 1.2 and 0. */
function nextVersion(version: string, part: number): string {
  return numbersOf(version)
    .map((number, at) => (at < part ? number : at === part ? number + 1 : 0))
    .join('.');
}

function numbersOf(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}

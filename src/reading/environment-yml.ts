import { printable } from '../domain/names.ts';
import { packageAddress } from './addresses.ts';
import { foreignRow, readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';
import { selectorOf, selects } from './selectors.ts';
import { isMapping } from './tables.ts';
import type { Path, Yaml } from './yaml.ts';

type Reader = (rows: Rows, yaml: Yaml, value: unknown) => void;

/** What each key of an `environment.yml` means (conda, "Creating an environment file manually"). */
const KEYS: Readonly<Record<string, Reader>> = {
  name: (rows, yaml, value) => {
    if (typeof value === 'string') rows.name = nameOf(value);
    else if (value !== null) refuseKind(rows, yaml, ['name'], 'a word');
  },
  channels: (rows, yaml, value) => {
    for (const { text, line } of textsOf(rows, yaml, ['channels'], value)) rows.channel(text, line);
  },
  dependencies: readDependencies,
  variables: (rows, yaml, value) => {
    const names = isMapping(value) ? Object.keys(value) : [];
    for (const name of names) {
      rows.refuse(
        yaml.lineOf(['variables', name]) ?? 1,
        `\`${printable(name)}\` is an environment variable; an environment brings packages only.`,
        'Set it where the job is submitted: `--conf spark.executorEnv.NAME=VALUE`.',
        { isSetting: true },
      );
    }
  },
  prefix: (rows, yaml) => {
    rows.note(yaml.lineOf(['prefix']) ?? 1, '`prefix` is the folder of another machine.');
  },
  platforms: (rows, yaml, value) => {
    const { platform } = rows.settings;
    const platforms = textsOf(rows, yaml, ['platforms'], value).map(({ text }) => text);
    if (platforms.length === 0 || platforms.includes(platform)) return;
    rows.refuse(
      yaml.lineOf(['platforms']) ?? 1,
      `The file is for ${platforms.map((each) => printable(each)).join(', ')}, not for ${platform}.`,
      'Its packages are tried all the same; leave out those that are for another platform.',
    );
  },
};

export function readEnvironmentFile(rows: Rows, yaml: Yaml): void {
  const { content } = yaml;
  if (!isMapping(content)) {
    rows.refuse(
      1,
      'An `environment.yml` has keys such as `dependencies:`, and this file has none.',
      'Write `dependencies:` above the list of packages.',
    );
    return;
  }
  for (const [key, value] of Object.entries(content)) {
    const reader = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (reader) reader(rows, yaml, value);
    else if (key === 'pip') {
      rows.refuse(
        yaml.lineOf([key]) ?? 1,
        '`pip:` stands beside `dependencies:`, where conda does not read it.',
        'Write it as a row of `dependencies:`, with a dash: `- pip:`.',
      );
    } else rows.note(yaml.lineOf([key]) ?? 1, `\`${printable(key)}\` has no meaning here.`);
  }
  if (!Object.hasOwn(content, 'dependencies')) {
    rows.refuse(1, 'There is no `dependencies:`.', 'Write it above the list of packages.');
  }
}

/** `name: null` and `name:` say that there is none. */
function nameOf(value: string): string | null {
  return /^(?:null|~|)$/i.test(value.trim()) ? null : value.trim();
}

function readDependencies(rows: Rows, yaml: Yaml, value: unknown): void {
  if (value === null || value === '') return;
  if (!Array.isArray(value)) {
    if (typeof value !== 'string' || !refuseGluedDashes(rows, yaml)) {
      refuseKind(
        rows,
        yaml,
        ['dependencies'],
        'a list of packages, each behind a dash',
        'Write `- numpy=1.26`.',
      );
    }
    return;
  }
  for (const [index, entry] of value.entries()) {
    const path = ['dependencies', index];
    const line = yaml.lineOf(path) ?? 1;
    if (!isHere(rows, line)) continue;
    if (typeof entry === 'string') readSpec(rows, entry, line);
    else if (isMapping(entry)) readMapping(rows, yaml, path, entry);
    else if (entry !== null) refuseKind(rows, yaml, path, 'the name of a package');
  }
}

/** `-numpy` is no row of a list, but a part of one long text. */
function refuseGluedDashes(rows: Rows, yaml: Yaml): boolean {
  const start = yaml.lineOf(['dependencies']) ?? 1;
  const lines = rows.lines.slice(start - 1);
  const end = lines.findIndex((line) => /^[A-Za-z]/.test(line));
  const glued = (end < 0 ? lines : lines.slice(0, end)).map(
    (line) => /^\s*-([^\s-].*)$/.exec(line)?.[1],
  );
  for (const [index, text] of glued.entries()) {
    if (text === undefined) continue;
    rows.refuse(
      start + index,
      'There is no blank between the dash and what follows.',
      `Write \`- ${printable(text)}\`.`,
    );
  }
  return glued.some((text) => text !== undefined);
}

function readSpec(rows: Rows, entry: string, line: number): void {
  if (entry.trim() === '') return;
  const address = packageAddress(entry.trim());
  const foreign = entry.includes('::') ? null : foreignRow(entry.trim());
  if (address) {
    const { name, version, build } = address;
    rows.refuse(
      line,
      `\`${printable(name)}\` is given by its address; packages come from the configured channels.`,
      `Write \`- ${printable(`${name}=${version}=${build}`)}\`.`,
    );
  } else if (foreign) rows.refuse(line, foreign.message, foreign.suggestion);
  else rows.spec(entry, line);
}

/** `- pip:` with its list, or a package whose version somebody wrote as a value. */
function readMapping(rows: Rows, yaml: Yaml, path: Path, entry: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(entry)) {
    const line = yaml.lineOf([...path, key]) ?? 1;
    const selector = /^sel\(([^)]*)\)$/.exec(key)?.[1];
    if (key === 'pip') {
      for (const row of textsOf(rows, yaml, [...path, key], value)) {
        if (isHere(rows, row.line)) readRequirementRow(rows, row.text, row.line);
      }
    } else if (selector !== undefined && typeof value === 'string') {
      if (selects(selector, rows.settings.platform) !== false) readSpec(rows, value, line);
      else rows.note(line, `\`${printable(value)}\` is for another platform, and left out.`);
    } else {
      const version = typeof value === 'string' ? value.replace(/^=*/, '') : 'VERSION';
      rows.refuse(
        line,
        `\`${printable(key)}:\` is not a package with its version.`,
        /^pip\b/.test(key) && Array.isArray(value)
          ? `Write \`- ${printable(key)}\`, and the list below a row \`- pip:\`.`
          : `Write \`- ${printable(key)}=${printable(version)}\`.`,
      );
    }
  }
}

/** Whether the selector of a row lets it be on our platform; what is left out is told. */
function isHere(rows: Rows, line: number): boolean {
  const row = rows.lines[line - 1] ?? '';
  const selector = selectorOf(row);
  if (selector === null || selects(selector, rows.settings.platform) !== false) return true;
  const text = row.replace(/^[\s-]*|\s+#.*$/g, '');
  rows.note(
    line,
    `\`${printable(text)}\` is for another platform (\`${printable(selector)}\`), and left out.`,
  );
  return false;
}

/** The texts of a list, or of one that stands alone; all else is refused. */
function textsOf(
  rows: Rows,
  yaml: Yaml,
  path: Path,
  value: unknown,
): { text: string; line: number }[] {
  if (value === null || value === '') return [];
  if (typeof value === 'string') return [{ text: value, line: yaml.lineOf(path) ?? 1 }];
  if (!Array.isArray(value)) {
    refuseKind(rows, yaml, path, 'a list, each entry behind a dash');
    return [];
  }
  return value.flatMap((entry, index) => {
    if (typeof entry === 'string' && entry.trim() !== '') {
      return [{ text: entry, line: yaml.lineOf([...path, index]) ?? 1 }];
    }
    if (entry !== null && entry !== '') {
      refuseKind(rows, yaml, [...path, index], 'a word', 'Put the row in quotes.');
    }
    return [];
  });
}

function refuseKind(
  rows: Rows,
  yaml: Yaml,
  path: Path,
  expected: string,
  suggestion: string | null = null,
): void {
  const name = path.filter((part) => typeof part === 'string').join('.');
  const line = yaml.lineOf(path) ?? 1;
  const isTemplate = /\{[{%]/.test(rows.lines[line - 1] ?? '');
  rows.refuse(
    line,
    `Here \`${printable(name)}\` should have ${expected}.`,
    isTemplate ? 'Give the file with its template filled in.' : suggestion,
  );
}

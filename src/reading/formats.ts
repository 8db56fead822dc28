import { packageAddress } from './addresses.ts';
import { readCondaLock } from './conda-lock.ts';
import { readEnvironmentFile } from './environment-yml.ts';
import { readExplicitList } from './explicit-list.ts';
import { readJsonList } from './json-list.ts';
import { FRAME, readPackageList } from './package-list.ts';
import { readPixiLock } from './pixi-lock.ts';
import { readProjectFile } from './project-toml.ts';
import { readRequirementsFile, TABLE_HEAD } from './requirements-txt.ts';
import type { Rows } from './rows.ts';
import { parseToml } from './toml.ts';
import { parseYaml, type Yaml } from './yaml.ts';

/** A kind of file, how it is told from the others, and who reads it. */
interface Format {
  /** In words people know. */
  name: string;
  /** What its files are called; asked only where no content is plainly that of a format. */
  names: RegExp;
  /** Whether a text is plainly of this format, and of no other one. */
  fits(text: string): boolean;
  read(rows: Rows, text: string): void;
}

/** A row `name=version=build` of `conda list --export`, or one of the table that `conda list` shows. */
const LISTED = /^[A-Za-z0-9_][\w.-]*=[^=\s]+=[^=\s]+$/;
const SHOWN =
  /^[A-Za-z0-9_][\w.-]*\s+\d[\w.!+]*\s+(?:<pip>|[\w.]{0,80}[_\d][\w.]{0,80})(?:\s+[\w./-]+)?$/;

/** The first whose content fits is it, else the first whose name does. */
export const FORMATS: readonly Format[] = [
  {
    name: 'explicit list',
    names: /^explicit.*\.txt$|\.explicit$|^conda-(?:linux|osx|win)-\w+\.lock$/i,
    fits: (text) =>
      /^[ \t]*@EXPLICIT[ \t]*$/m.test(text) ||
      isMost(rowsOf(text), (row) => packageAddress(row) !== null),
    read: readExplicitList,
  },
  {
    name: 'conda-lock.yml',
    names: /conda-lock\.ya?ml$/i,
    fits: (text) => /^package:[ \t]*\n[ \t]*-[ \t]/m.test(text),
    read: (rows, text) => readYaml(rows, text, readCondaLock),
  },
  {
    name: 'pixi.lock',
    names: /^pixi\.lock$/i,
    fits: (text) => /^environments:[ \t]*(?:#.*)?$/m.test(text) && /^packages:/m.test(text),
    read: (rows, text) => readYaml(rows, text, readPixiLock),
  },
  {
    name: 'project file',
    names: /\.toml$/i,
    fits: (text) =>
      /^[ \t]*\[\[?[A-Za-z][\w-]*(?:[ \t]*\.[ \t]*["\w-]+)*[ \t]*\]\]?[ \t]*(?:#.*)?$/m.test(text),
    read: readToml,
  },
  {
    name: 'environment.yml',
    names: /\.ya?ml(?:\.\w+)?$/i,
    fits: (text) =>
      /^(?:dependencies|channels)\s*:(?:\s|$)/m.test(text) ||
      /^\s*\{[^{]*"dependencies"\s*:/.test(text),
    read: (rows, text) => readYaml(rows, text, readEnvironmentFile),
  },
  {
    name: 'list of packages',
    names: /^(?:conda[-_])?(?:package|spec)[-_]?(?:list|file).*\.txt$/i,
    fits: (text) => isListed(rowsOf(text)),
    read: readPackageList,
  },
  {
    name: 'list as JSON',
    names: /\.json$/i,
    fits: (text) => /^\s*\[\s*\{/.test(text) && /"version"\s*:/.test(text),
    read: (rows, text) => readYaml(rows, text, readJsonList),
  },
  {
    name: 'requirements.txt',
    names: /\.(?:txt|in|pip|reqs?)$|requirements|constraints/i,
    fits: (text) => TABLE_HEAD.test(text) || isMost(rowsOf(text), (row) => REQUIRED.test(row)),
    read: readRequirementsFile,
  },
];

const REQUIRED =
  /^(?:-[rceif]\s|--[a-z-]+|[A-Za-z0-9][\w.-]*\s{0,80}(?:\[[^\]]*\]\s{0,80})?(?:$|[;@\\]|[=!<>~]=|[<>]|\())/;

/** `numpy=1.26` is of conda alone; what only pip has makes a single `=` a mistake. */
const OF_CONDA = /^(?:[\w./-]+::)?[A-Za-z0-9_][\w.-]*\s*=\s*[^=\s]+$/;
/** A channel, a name that begins as none on PyPI does, or Python itself with a single `=`. */
const ONLY_CONDA = /^(?:[\w./-]+::[A-Za-z0-9_]|_[A-Za-z0-9]|python\s*=\s*[^=\s])/;
const OF_PIP = /^-|[;@[\]]|===|~=/;

function isListed(rows: readonly string[]): boolean {
  if (isMost(rows, (row) => LISTED.test(row) || SHOWN.test(row))) return true;
  if (rows.some((row) => OF_PIP.test(row))) return false;
  if (rows.some((row) => ONLY_CONDA.test(row))) return true;
  const constrained = rows.filter((row) => /[=<>~]/.test(row));
  return isMost(constrained, (row) => OF_CONDA.test(row));
}

const isMost = (rows: readonly string[], fits: (row: string) => boolean): boolean =>
  rows.filter(fits).length > rows.length / 2;

function rowsOf(text: string): string[] {
  return text
    .split('\n')
    .map((row) => row.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((row) => row !== '' && !FRAME.test(row));
}

/** Rows that are not YAML may be so many until the rest is not sure to be what it looks like. */
const MOST_BAD_ROWS = 20;

/** A row that is not YAML is refused, and the file read as if it were not there. */
function readYaml(rows: Rows, text: string, read: (rows: Rows, yaml: Yaml) => void): void {
  const lines = text.split('\n');
  for (let bad = 0; bad <= MOST_BAD_ROWS; bad += 1) {
    const yaml = parseYaml(lines.join('\n'), { asText: true });
    const wrong = yaml.mistakes.find(({ isRepeatedKey }) => !isRepeatedKey);
    if (wrong) {
      const { line, message } = wrong;
      if (wrong.isSecondFile) {
        rows.refuse(
          line,
          'Here another file begins; the first one is read.',
          'Give each by itself.',
        );
        lines.length = line - 1;
        continue;
      }
      if (wrong.isWhole) {
        const instead = 'Write its rows out, without `&` and `*`.';
        rows.refuse(line, `This is not YAML: ${message}.`, instead);
        return;
      }
      const hint = yamlHint(rows.lines[line - 1] ?? '');
      rows.refuse(line, `This is not YAML: ${message}.`, hint);
      if (lines[line - 1]?.trim() === '') return;
      lines[line - 1] = '';
      continue;
    }
    for (const { line } of yaml.mistakes) {
      const message = 'This key stands in the file twice; the first one counts.';
      rows.refuse(line, message, 'Put what belongs to it together.');
    }
    read(rows, yaml);
    return;
  }
}

function yamlHint(row: string): string {
  if (/^\s*\t|^ *-\s*\t/.test(row)) return 'Indent with blanks, not with tabs.';
  if (/\{[%{]|[%}]\}/.test(row)) return 'Give the file with its template filled in.';
  return 'Write a blank after each `-` and `:`, and the rows of a list below each other.';
}

function readToml(rows: Rows, text: string): void {
  const { content, mistake } = parseToml(text);
  if (content !== null) readProjectFile(rows, content);
  else rows.refuse(mistake.line, `This is not TOML: ${mistake.message}.`, 'Texts stand in quotes.');
}

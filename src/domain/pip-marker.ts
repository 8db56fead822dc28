import type { Platform } from './lock.ts';
import { ARCHITECTURES } from './platform.ts';
import { meetsVersion } from './spec.ts';

/** Where a marker holds: surely, surely not, or it depends on what is not known yet (null). */
export type Certainty = boolean | null;

/** A marker of PEP 508, `python_version < "3.9" and sys_platform == "linux"`, read. */
type Marker =
  | { kind: 'and' | 'or'; parts: Marker[] }
  | { kind: 'test'; left: Operand; operator: string; right: Operand };
interface Operand {
  text: string;
  isVariable: boolean;
}

/** What is the same on all Linux hosts with CPython (PEP 508, "Environment Markers"). */
const LINUX: Readonly<Record<string, string>> = {
  os_name: 'posix',
  'os.name': 'posix',
  sys_platform: 'linux',
  'sys.platform': 'linux',
  platform_system: 'Linux',
  platform_python_implementation: 'CPython',
  python_implementation: 'CPython',
  'platform.python_implementation': 'CPython',
  implementation_name: 'cpython',
  // No extra of the file itself is asked for.
  extra: '',
};
const VERSIONS = ['python_version', 'python_full_version', 'implementation_version'];

const TOKEN =
  /\s*(?:(\(|\))|("[^"]*"|'[^']*')|(===|[=!<>~]=|[<>])|(not\s+in\b)|([A-Za-z_][\w.]*))/y;

/**
 * Whether a marker holds on a platform with one of these versions of Python (none when nothing is
 * known of it). Null as well for a text that is no marker: pip will say so.
 */
export function holds(marker: string, platform: Platform, pythons: readonly string[]): Certainty {
  const read = readMarker(marker);
  if (read === null) return null;
  if (pythons.length === 0) return evaluate(read, platform, null);
  const [first, ...others] = pythons.map((version) => evaluate(read, platform, version));
  return others.every((other) => other === first) ? (first ?? null) : null;
}

/** The last minor version that is thought of; nothing in the wild compares with a later one. */
const LAST_MINOR = 20;
const LAST_PATCH = 25;

/** The versions of Python that meet the version of a spec; none when it does not say any. */
export function pythonsOf(constraint: string | null): string[] {
  if (constraint === null) return [];
  const minors = ['2.7', ...Array.from({ length: LAST_MINOR + 1 }, (_, minor) => `3.${minor}`)];
  const patches = Array.from({ length: LAST_PATCH + 1 }, (_, patch) => patch);
  return minors.flatMap((minor) =>
    patches
      .map((patch) => `${minor}.${patch}`)
      .filter((version) => meetsVersion(version, constraint)),
  );
}

function readMarker(text: string): Marker | null {
  const words: string[] = [];
  for (let at = 0; at < text.trimEnd().length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) return null;
    words.push(match[4] ? 'not in' : match[0].trim());
  }
  let at = 0;
  let depth = 0;
  const joined = (word: 'and' | 'or', part: () => Marker | null): Marker | null => {
    const parts: Marker[] = [];
    do {
      const read = part();
      if (read === null) return null;
      parts.push(read);
    } while (words[at] === word && ++at);
    return { kind: word, parts };
  };
  const either = (): Marker | null => joined('or', () => joined('and', single));
  const single = (): Marker | null => {
    if (words[at] !== '(') return test();
    at += 1;
    depth += 1;
    if (depth > 50) return null;
    const inside = either();
    depth -= 1;
    return words[at++] === ')' ? inside : null;
  };
  const test = (): Marker | null => {
    const [left, operator, right] = words.slice(at, at + 3);
    at += 3;
    if (right === undefined || left === undefined || operator === undefined) return null;
    if (!/^(?:===|[=!<>~]=|[<>]|in|not in)$/.test(operator)) return null;
    return { kind: 'test', left: operandOf(left), operator, right: operandOf(right) };
  };
  const marker = either();
  return at === words.length ? marker : null;
}

function operandOf(word: string): Operand {
  const isVariable = !/^["']/.test(word);
  return { text: isVariable ? word : word.slice(1, -1), isVariable };
}

function evaluate(marker: Marker, platform: Platform, python: string | null): Certainty {
  if (marker.kind !== 'test') {
    const parts = marker.parts.map((part) => evaluate(part, platform, python));
    const decides = marker.kind === 'or';
    if (parts.includes(decides)) return decides;
    return parts.includes(null) ? null : !decides;
  }
  const { left, operator, right } = marker;
  const variable = left.isVariable ? left.text : right.isVariable ? right.text : null;
  if (variable === null || left.isVariable === right.isVariable) return null;
  if (VERSIONS.includes(variable)) {
    if (python === null) return null;
    const value = variable === 'python_version' ? python.replace(/\.\d+$/, '') : python;
    return left.isVariable
      ? compareVersions(value, operator, right.text)
      : compareVersions(value, MIRRORED[operator] ?? operator, left.text);
  }
  const value =
    variable === 'platform_machine'
      ? ARCHITECTURES[platform]
      : Object.hasOwn(LINUX, variable)
        ? (LINUX[variable] ?? null)
        : null;
  if (value === null) return null;
  return left.isVariable
    ? compareTexts(value, operator, right.text)
    : compareTexts(left.text, operator, value);
}

/** `"3.9" > python_version` is `python_version < "3.9"`. */
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

function compareVersions(version: string, operator: string, other: string): Certainty {
  if (operator === 'in' || operator === 'not in') {
    const isListed = other.split(/[\s,]+/).includes(version);
    return operator === 'in' ? isListed : !isListed;
  }
  if (!/^\d+(?:\.\d+)*(?:\.\*)?$/.test(other)) return null;
  return meetsVersion(version, `${operator.replace('===', '==')}${other}`);
}

function compareTexts(left: string, operator: string, right: string): Certainty {
  if (operator === '==' || operator === '===') return left === right;
  if (operator === '!=') return left !== right;
  if (operator === 'in') return right.includes(left);
  if (operator === 'not in') return !right.includes(left);
  return null;
}

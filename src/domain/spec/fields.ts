import { printable } from '../names.ts';
import { Mistake, type Position } from './mistake.ts';

const KNOWN = ['version', 'build', 'build_number', 'channel', 'subdir', 'md5', 'sha256'] as const;

/** `key=value` of `name[key=value, …]`; `position` is that of the value. */
export interface BracketField {
  key: (typeof KNOWN)[number];
  value: string;
  position: Position;
}

/** Further fields that conda has, and why a request cannot have them. */
const REFUSED: Readonly<Record<string, string>> = {
  url: 'packages come from the configured channels, never from an address',
  fn: 'files are not asked for by name',
  name: 'the name stands before the brackets',
  license: 'licenses are not asked for',
  license_family: 'licenses are not asked for',
  track_features: 'features are not asked for',
  features: 'features are not asked for',
  extras: 'the engines know no extras',
  flags: 'the engines know no flags',
  when: 'conditions are not asked for',
};

/** One field and what ends it (`_BRACKETS_KV_RE` of conda). */
const FIELD = /\s*([A-Za-z0-9_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^'",\s]*))\s*(,|(?<=\s)|$)\s*/y;

/** Sets the brackets of a spec aside; what is left keeps its offsets. */
export function readBrackets(text: string): { outside: string; fields: BracketField[] } {
  const open = text.indexOf('[');
  if (open < 0 && !text.includes(']')) return { outside: text, fields: [] };
  const close = text.lastIndexOf(']');
  const whole = { start: Math.max(open, 0), end: close < open ? text.length : close + 1 };
  const hint = 'Fields are written `numpy[version=">=1.26",build=py311*]`.';
  if (open < 0 || close < open) throw new Mistake('a bracket has no partner', whole, hint);
  const inside = text.slice(open + 1, close);
  refuseExtra(inside, whole);
  if (text.slice(close + 1).trim() !== '') {
    throw new Mistake(
      'the brackets stand at the end of a spec',
      { start: close + 1, end: text.length },
      null,
    );
  }
  if (inside.trim() === '') throw new Mistake('the brackets are empty', whole, hint);
  return { outside: text.slice(0, open).trimEnd(), fields: readFields(inside, open + 1, hint) };
}

function refuseExtra(inside: string, position: Position): void {
  if (inside.trim() === '' || !/^[A-Za-z0-9._,\s-]+$/.test(inside)) return;
  throw new Mistake(
    `\`[${printable(inside)}]\` is an extra of pip, which conda does not have`,
    position,
    'Name the packages that the extra stands for.',
  );
}

function readFields(inside: string, offset: number, hint: string): BracketField[] {
  const fields: BracketField[] = [];
  let at = 0;
  while (at < inside.length) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(inside);
    const rest = { start: offset + at, end: offset + inside.length };
    if (!match) {
      const words = printable(inside.slice(at).trim());
      throw new Mistake(`\`${words}\` in the brackets is not \`key=value\``, rest, hint);
    }
    const [whole, key = '', double, single, bare] = match;
    const value = (double ?? single ?? bare ?? '').trim();
    const valueAt = offset + at + whole.indexOf(value, whole.indexOf('=') + 1);
    fields.push(
      checkedField(key, value, fields, {
        key: { start: offset + match.index, end: offset + match.index + whole.trimEnd().length },
        value: { start: valueAt, end: valueAt + value.length },
      }),
    );
    at += whole.length;
  }
  return fields;
}

function checkedField(
  key: string,
  value: string,
  before: readonly BracketField[],
  positions: Record<'key' | 'value', Position>,
): BracketField {
  const list = KNOWN.map((field) => `\`${field}\``).join(', ');
  const known = KNOWN.find((field) => field === key);
  if (known === undefined) {
    const reason = Object.hasOwn(REFUSED, key)
      ? `: ${REFUSED[key]}`
      : ', which conda does not know';
    throw new Mistake(
      `the brackets have \`${printable(key)}\`${reason}`,
      positions.key,
      `Fields are ${list}.`,
    );
  }
  if (before.some((field) => field.key === key)) {
    throw new Mistake(`the brackets have \`${key}\` twice`, positions.key, null);
  }
  if (value === '') throw new Mistake(`\`${key}\` has no value`, positions.key, null);
  return { key: known, value, position: positions.value };
}

import { printable } from '../domain/names.ts';
import { closest, meantOf } from '../domain/near-names.ts';
import type { Path } from '../reading/yaml.ts';
import { type ConfigDocument, keyOf, valueAt, withValue } from './document.ts';
import type { Problem } from './problems.ts';
import { type ConfigFile, checkConfigFile, type Violation } from './schema.ts';

/** A value that wins over the file's, and where it is from. */
export interface Override {
  path: Path;
  from: string;
  value: string | number | null | undefined;
}

/** The file with its overrides, checked by the same rules: what it says, or all that is wrong. */
export function checkDocument(
  document: ConfigDocument,
  overrides: readonly Override[],
): ConfigFile | Problem[] {
  const given = overrides.filter(({ value }) => (value ?? '') !== '');
  const content = given.reduce(
    (changed, { path, value }) => withValue(changed, path, value ?? ''),
    document.content,
  );
  const origins = new Map(given.map(({ path, from }) => [keyOf(path), from]));
  const result = checkConfigFile(content);
  const violations = Array.isArray(result) ? result : [];
  const problems = [
    ...violations.map((violation) => problemOf(violation, document, origins)),
    ...repeatedNames(document),
    ...unknownNamesOfRules(document),
    ...halvesOfRedis(document),
  ];
  return Array.isArray(result) || problems.length > 0 ? problems : result;
}

function problemOf(
  violation: Violation,
  document: ConfigDocument,
  origins: ReadonlyMap<string, string>,
): Problem {
  const { path, kind, message, choices = [] } = violation;
  const origin = origins.get(keyOf(path));
  const where = origin ?? document.placeOf(path);
  if (kind === 'remark') return { where, what: message };
  const value = valueAt(document.content, path);
  // What comes from the environment may be a secret.
  const shown = origin === undefined ? describe(value) : null;
  const near = shown !== null && typeof value === 'string' ? closest(value, choices) : null;
  const hint = near === null ? '' : ` Did you mean \`${near}\`?`;
  return { where, what: `must be ${message}${shown === null ? '.' : `; it is ${shown}.`}${hint}` };
}

/** What was found, unless it might be a secret. */
function describe(value: unknown): string | null {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value !== 'string') return `the ${typeof value} \`${String(value)}\``;
  const mayBeSecret = /[@?]|xox|xapp|AKIA|\/t\/|BEGIN/.test(value);
  return mayBeSecret ? null : `\`${printable(value, 60)}\``;
}

/** Lists whose entries people tell apart by name. */
const NAMED_LISTS: readonly Path[] = [
  ['channels'],
  ['edges'],
  ['projects', 'repositories'],
  ['roles'],
];

function repeatedNames({ content, placeOf }: ConfigDocument): Problem[] {
  return NAMED_LISTS.flatMap((list) => {
    const entries = valueAt(content, list);
    if (!Array.isArray(entries)) return [];
    const names = entries.map((_, index) => valueAt(entries, [index, 'name']));
    return names.flatMap((name, index) => {
      const first = names.indexOf(name);
      if (typeof name !== 'string' || first === index) return [];
      return {
        where: placeOf([...list, index, 'name']),
        what: `is the same as ${keyOf([...list, first, 'name'])}; give every entry a name of its own.`,
      };
    });
  });
}

/** Keys of `redis` that say nothing alone. */
const TOGETHER = [
  ['sentinels', 'name'],
  ['certFile', 'keyFile'],
] as const;

function halvesOfRedis({ content, placeOf }: ConfigDocument): Problem[] {
  const isGiven = (key: string) => {
    const value = valueAt(content, ['redis', key]);
    return Array.isArray(value) ? value.length > 0 : typeof value === 'string';
  };
  return TOGETHER.flatMap((pair) => {
    const [given, ...more] = pair.filter(isGiven);
    const lacking = pair.find((key) => !isGiven(key));
    if (given === undefined || more.length > 0) return [];
    return [{ where: placeOf(['redis', given]), what: `needs \`${lacking}\` beside it.` }];
  });
}

const APPROVALS: Path = ['approvals', 'rules'];
const RULES: readonly Path[] = [['roles'], APPROVALS];

/** What a rule names is looked up in these lists: a word that is not there would restrict nothing. */
const LISTS_OF_RULES: Readonly<Record<'edges' | 'channels' | 'indexes' | 'projects', Path>> = {
  edges: ['edges'],
  channels: ['channels'],
  indexes: ['indexes'],
  projects: ['projects', 'repositories'],
};

function unknownNamesOfRules({ content, placeOf }: ConfigDocument): Problem[] {
  const named = (list: Path) =>
    listAt(content, list).map((_, at) => valueAt(content, [...list, at, 'name']));
  const unknown = (path: Path, name: unknown, list: Path): Problem[] => {
    const known = named(list);
    if (name === undefined || known.includes(name)) return [];
    const { suggestion } = meantOf(
      String(name),
      known.map((each) => String(each)),
    );
    return [{ where: placeOf(path), what: `is none of ${keyOf(list)}. ${suggestion}` }];
  };
  const rules = RULES.flatMap((list) => listAt(content, list).map((_, at): Path => [...list, at]));
  const things = rules.flatMap((rule) =>
    Object.entries(LISTS_OF_RULES).flatMap(([kind, list]) =>
      listAt(content, [...rule, kind]).flatMap((name, at) => {
        const isFolder = kind === 'projects' && String(name).includes('/');
        return isFolder ? [] : unknown([...rule, kind, at], name, list);
      }),
    ),
  );
  const approvers = listAt(content, APPROVALS).flatMap((_, at) => {
    const path: Path = [...APPROVALS, at, 'by'];
    return unknown(path, valueAt(content, path), ['roles']);
  });
  return [...things, ...approvers];
}

function listAt(content: unknown, path: Path): readonly unknown[] {
  const value = valueAt(content, path);
  return Array.isArray(value) ? value : [];
}

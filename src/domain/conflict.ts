/**
 * What a solver says of a request that cannot be met, read into facts. Four solvers say it in four
 * ways: resolvo as a tree (py-rattler, and conda's `rattler` solver), libmamba as a tree or as a
 * flat list (conda's default solver, mamba, micromamba), and conda's classic solver as chains of
 * `a -> b[version='…']`. Facts are what they have in common.
 */
export interface Need {
  /** The package that needs or constrains; null where it was asked for itself. */
  by: string | null;
  /** Its versions that do, as far as they are told. */
  versions: readonly string[];
  kind: 'requires' | 'constrains';
  name: string;
  /** A version constraint as the solver writes it; null for any version. */
  constraint: string | null;
  build: string | null;
  /** The asked-for package at the top of it. */
  root: string | null;
  /** The solver says that no package of the channels meets it, or none that is still allowed. */
  isMissing: boolean;
}

export interface Conflict {
  needs: readonly Need[];
  /** Packages left out because an earlier channel has them too. */
  excluded: readonly string[];
}

/** Null for words that say nothing of a kind known here. */
export function readConflict(text: string): Conflict | null {
  const chains = readChains(text);
  const flat = readList(text);
  const tree = readTree(text);
  // A story repeats itself; said once is enough.
  const all = [...chains, ...flat, ...tree.needs];
  const needs = [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
  const excluded = [...new Set([...tree.excluded, ...excludedIn(text)])];
  return needs.length + excluded.length > 0 ? { needs, excluded } : null;
}

interface Parsed {
  name: string;
  constraint: string | null;
  build: string | null;
}

/** `python >=3.11,<3.12`, `blas * mkl`, `python[version='>=3'], build=x]`, `shared=1`, `a =1 *`. */
function readSpec(text: string): Parsed | null {
  const [, name = '', rest = ''] = /^([\w.-]+)\s*(.*)$/s.exec(text.trim()) ?? [];
  if (name === '') return null;
  const field = (key: string) =>
    new RegExp(`${key}=(?:'([^']*)'|([^\\],']*))`).exec(rest)?.slice(1).find(Boolean) ?? null;
  const inBrackets = rest.startsWith('[');
  const [version = '', build = ''] = inBrackets
    ? [field('version') ?? '', field('build') ?? '']
    : rest.replace(/^={1,2}(?=[^=]*=[^=]*$)/, '').split(/\s+|(?<=[\d*])=(?=[A-Za-z])/);
  const any = (part: string) => (/^=?\**$/.test(part) ? null : part);
  return {
    name: name.toLowerCase(),
    constraint: any(inBrackets ? version : operatorOf(version)),
    build: any(build),
  };
}

/** conda writes `shared=1` and resolvo `shared 1.*` for the same. */
function operatorOf(version: string): string {
  return /^\d/.test(version) && version.endsWith('*') ? `=${version}` : version;
}

function need(spec: Parsed, rest: Partial<Need>): Need {
  return {
    ...{ by: null, versions: [], kind: 'requires', root: null, isMissing: false },
    ...spec,
    ...rest,
  };
}

const PACKAGE =
  /^([\w.-]+)(?: (\[?[^,]*?\]?))? (?:would (require|constrain)|is not installable because (?:it|there are no viable options).*(requires)?$)/;
const MISSING = /no candidates were found|does not exist|missing on the system/;

/** Trees of resolvo and libmamba: a package, what it would require, and why that is not there. */
function readTree(text: string): Conflict {
  const needs: Need[] = [];
  const excluded: string[] = [];
  const above: { depth: number; name: string; versions: string[]; kind: Need['kind'] | null }[] =
    [];
  const story = text.replace(/^.*?Cannot solve the request because of:/s, '');
  for (const line of story.split('\n')) {
    const depth = /^[\s│├└─|]*/.exec(line)?.[0].length ?? 0;
    const words = line.slice(depth).replace(/[\s;]+$/, '');
    while ((above.at(-1)?.depth ?? -1) >= depth) above.pop();
    const none = /^No candidates were found for ([^,]*?)\.?$/.exec(words);
    const asked = none && readSpec(none[1] ?? '');
    if (asked) needs.push(need(asked, { isMissing: true }));
    const parent = above.findLast(({ kind }) => kind !== null);
    const [, dependency = ''] =
      /^(.+?),? (?:for which|which|does not exist|is missing)/.exec(words) ?? [];
    const spec = parent && dependency !== '' ? readSpec(dependency) : null;
    const isAgain = spec !== null && /conflicts with the versions reported/.test(words);
    if (spec && parent && (!isAgain || parent.kind === 'constrains')) {
      const { name: by, versions, kind } = parent;
      const told = { by, versions, kind: kind ?? 'requires', root: above[0]?.name ?? by };
      needs.push(need(spec, { ...told, isMissing: MISSING.test(words) }));
    }
    const left = /^([\w.-]+) .*is excluded because .*channel priority/.exec(words)?.[1];
    if (left) excluded.push(left.toLowerCase());
    const found = PACKAGE.exec(words);
    const [name = ''] = /^[\w.-]+/.exec(words) ?? [];
    if (name === '' || /^(?:The|No|Could|error|critical|warning)$/.test(name)) continue;
    const versions = found?.[3] ? versionsIn(found[2] ?? '') : [];
    const kind = found && (found[3] === 'constrain' ? 'constrains' : 'requires');
    const isPackage = found !== null && !(found[3] === undefined && !/requires?$/.test(words));
    above.push({ depth, name: name.toLowerCase(), versions, kind: isPackage ? kind : null });
  }
  return { needs, excluded };
}

/** `1.7.0 | 1.7.1`, and libmamba's `[1.7.0|1.7.1]` */
function versionsIn(text: string): string[] {
  return text
    .replace(/^\[|\]$/g, '')
    .split('|')
    .map((version) => version.trim())
    .filter((version) => /^\d/.test(version));
}

const FILE = String.raw`([\w.-]+)-([^\s-]+)-[^\s-]+`;

/** libmamba's flat list, and the list of conda's `PackagesNotFoundInChannelsError`. */
function readList(text: string): Need[] {
  const forms: readonly [RegExp, (match: RegExpExecArray) => Need | null][] = [
    [
      new RegExp(`package ${FILE} requires ([^\\n]+?), but none of the providers`),
      ([, by = '', version = '', spec = '']) => needOf(spec, by, version, false),
    ],
    [
      new RegExp(`nothing provides ([^\\n]+?) needed by ${FILE}`),
      ([, spec = '', by = '', version = '']) => needOf(spec, by, version, true),
    ],
    [
      new RegExp(`package ${FILE} has constraint ([^\\n]+?) conflicting with`),
      ([, by = '', version = '', spec = '']) => {
        const found = needOf(spec, by, version, false);
        return found && { ...found, kind: 'constrains' };
      },
    ],
    [/nothing provides requested ([^\n]+)/, ([, spec = '']) => needOf(spec, null, null, true)],
  ];
  const listed = text.split('\n').flatMap((line) =>
    forms.flatMap(([pattern, read]) => {
      const match = pattern.exec(line);
      return (match && read(match)) ?? [];
    }),
  );
  const [, absent = ''] =
    /not available from current channels:\s*\n(.*?)\n\s*\n(?:Current|To search)/s.exec(text) ?? [];
  const lines = absent.split('\n').flatMap((line) => /^\s*- (.+)$/.exec(line)?.[1] ?? []);
  return [...listed, ...lines.flatMap((spec) => needOf(spec, null, null, true) ?? [])];
}

function needOf(spec: string, by: string | null, version: string | null, isMissing: boolean) {
  const parsed = readSpec(spec);
  const name = by?.toLowerCase() ?? null;
  const versions = version === null ? [] : [version];
  return parsed && need(parsed, { by: name, versions, root: name, isMissing });
}

function excludedIn(text: string): string[] {
  const found = text.matchAll(/package ([\w.-]+)-[^\s-]+-\S+ is excluded by strict repo priority/g);
  return [...found].map((match) => (match[1] ?? '').toLowerCase());
}

/**
 * Chains of the classic solver. What it lists as "incompatible with your system" names a virtual
 * package of everything that was looked at, whatever the cause, so it is not read.
 */
function readChains(text: string): Need[] {
  const [, section = ''] =
    /Requested package -> Available versions\s*(.*?)(?:The following specifications|Note that strict|$)/s.exec(
      text,
    ) ?? [];
  const chains = section
    .split('\n')
    .map((line) => line.split(' -> ').flatMap((part) => readSpec(part) ?? []));
  // What a package needs itself says more than what its packages need.
  const direct = chains.filter((chain) => chain.length === 2);
  return (direct.length > 0 ? direct : chains).flatMap((chain) => {
    const [root, last] = [chain[0], chain.at(-1)];
    const by = chain.at(-2);
    if (!root || !last || !by) return [];
    // One line may hold the alternatives of several versions.
    return (last.constraint ?? '')
      .split('|')
      .map((constraint) =>
        need({ ...last, constraint: constraint || null }, { by: by.name, root: root.name }),
      );
  });
}

import { printable } from '../domain/names.ts';
import { normalName } from '../domain/pip.ts';
import { Groups } from './groups.ts';
import { readPixiManifest } from './pixi-manifest.ts';
import { Places } from './places.ts';
import { poetryConstraint, readPoetry } from './poetry.ts';
import { readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';
import { isMapping, type Table, tableAt } from './tables.ts';

/** `pyproject.toml` and `pixi.toml`, by what they hold: a project may be described in several ways. */
export function readProjectFile(rows: Rows, content: Table): void {
  const places = new Places(rows.lines);
  const groups = new Groups(rows);
  const pixi = tableAt(content, 'tool', 'pixi');
  const isPixi = !isMapping(content.tool) && !('build-system' in content);
  const project = tableAt(content, 'project');
  if (Object.keys(pixi).length > 0) readPixiManifest(rows, places, groups, pixi, 'tool.pixi.');
  else if (
    isPixi &&
    ('dependencies' in content || 'channels' in project || 'workspace' in content)
  ) {
    readPixiManifest(rows, places, groups, content, '');
    groups.finish();
    return;
  }
  readProject(rows, places, groups, content, project);
  const poetry = tableAt(content, 'tool', 'poetry');
  const isDescribed = Array.isArray(project.dependencies);
  readPoetry(rows, places, groups, poetry, isDescribed);
  const hasAny =
    Object.keys(project).length + Object.keys(pixi).length + Object.keys(poetry).length > 0 ||
    'dependency-groups' in content;
  if (!hasAny) {
    rows.refuse(
      1,
      'The file names no packages: it has neither `[project]` nor a table of Poetry’s or pixi’s.',
      'Give the file that lists the packages, such as `requirements.txt`.',
    );
  }
  groups.finish();
}

/** `[project]` (PyPA, "pyproject.toml specification") and `[dependency-groups]` (PEP 735). */
function readProject(
  rows: Rows,
  places: Places,
  groups: Groups,
  content: Table,
  project: Table,
): void {
  if (typeof project.name === 'string') rows.name ??= project.name;
  const python = project['requires-python'];
  if (typeof python === 'string') {
    const line = places.ofKey('project', 'requires-python');
    // Tools take more than the specification has: `3.13.*` and `^3.9`.
    rows.spec(`python${poetryConstraint(python) ?? ''}`, line);
  }
  readDynamic(rows, places, content, project);
  const sources = tableAt(content, 'tool', 'uv', 'sources');
  const extras = tableAt(project, 'optional-dependencies');
  const readExtras = new Set<string>();
  const readExtra = (name: string) => {
    if (readExtras.has(name)) return;
    readExtras.add(name);
    read('project.optional-dependencies', extras[name], name);
  };
  const read = (table: string, list: unknown, what: string) => {
    const { others, own } = apartFromItself(project, list);
    readRequirements(rows, places, sources, table, others, what);
    for (const { entry, extra } of own) {
      const name = Object.keys(extras).find((each) => normalName(each) === normalName(extra));
      if (name !== undefined) readExtra(name);
      else {
        const line = places.ofText(table, entry);
        rows.refuse(
          line,
          `The project has no extra \`${printable(extra)}\`.`,
          'Leave it out, or name one that stands in `[project.optional-dependencies]`.',
        );
      }
    }
  };
  read('project', project.dependencies, 'dependencies');
  for (const name of Object.keys(extras)) {
    const line = places.ofKey('project.optional-dependencies', name);
    if (groups.isWanted(name, 'extra', line)) readExtra(name);
  }
  const own = tableAt(content, 'dependency-groups');
  const included = new Set<string>();
  for (const name of Object.keys(own)) {
    const line = places.ofKey('dependency-groups', name);
    if (!groups.isWanted(name, 'dependency group', line)) continue;
    for (const each of withIncluded(own, name)) included.add(each);
  }
  for (const name of included) read('dependency-groups', own[name], name);
  readDevelopment(groups, places, content, read);
}

/** A project takes extras of its own by its name: `all = ["churn[test,docs]"]`. */
function apartFromItself(
  project: Table,
  list: unknown,
): { others: unknown; own: { entry: string; extra: string }[] } {
  if (!Array.isArray(list) || typeof project.name !== 'string') return { others: list, own: [] };
  const name = normalName(project.name);
  const own: { entry: string; extra: string }[] = [];
  const others = list.filter((entry) => {
    if (typeof entry !== 'string') return true;
    const [, typed = '', extras = ''] = /^\s*([\w.-]+)\s*\[([^\]]*)\]/.exec(entry) ?? [];
    if (normalName(typed) !== name) return true;
    for (const extra of extras.split(',')) {
      if (extra.trim() !== '') own.push({ entry, extra: extra.trim() });
    }
    return false;
  });
  return { others, own };
}

/** What uv and PDM had before there were dependency groups. */
function readDevelopment(
  groups: Groups,
  places: Places,
  content: Table,
  read: (table: string, list: unknown, what: string) => void,
): void {
  const { 'dev-dependencies': list } = tableAt(content, 'tool', 'uv');
  if (
    list !== undefined &&
    groups.isWanted('dev', 'group', places.ofKey('tool.uv', 'dev-dependencies'))
  ) {
    read('tool.uv', list, 'dev-dependencies');
  }
  const table = 'tool.pdm.dev-dependencies';
  for (const [name, own] of Object.entries(tableAt(content, 'tool', 'pdm', 'dev-dependencies'))) {
    if (groups.isWanted(name, 'group', places.ofKey(table, name))) read(table, own, name);
  }
}

/** A group and those it includes, each once: `{include-group = "test"}`. */
function withIncluded(groups: Table, name: string, found: string[] = []): string[] {
  if (found.includes(name)) return found;
  found.push(name);
  const list = groups[name];
  for (const entry of Array.isArray(list) ? list : []) {
    const included = isMapping(entry) ? entry['include-group'] : undefined;
    const key =
      typeof included === 'string'
        ? Object.keys(groups).find((group) => normalName(group) === normalName(included))
        : undefined;
    if (key !== undefined) withIncluded(groups, key, found);
  }
  return found;
}

function readRequirements(
  rows: Rows,
  places: Places,
  sources: Table,
  table: string,
  list: unknown,
  what: string,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) {
    rows.refuse(
      places.ofKey(table, what),
      `\`${printable(what)}\` should be a list of requirements.`,
      'Write `["numpy>=1.26", "pandas"]`.',
    );
    return;
  }
  for (const entry of list) {
    if (typeof entry === 'string') {
      const line = places.ofText(table, entry);
      if (!isFromElsewhere(rows, sources, entry, line)) readRequirementRow(rows, entry, line);
    } else if (!isMapping(entry) || !('include-group' in entry)) {
      rows.refuse(
        places.ofKey(table, what),
        `\`${printable(what)}\` has an entry that is no text.`,
      );
    }
  }
}

/** uv takes some packages from a repository or a folder (uv, "Dependency sources"). */
function isFromElsewhere(rows: Rows, sources: Table, entry: string, line: number): boolean {
  const name = normalName(/^[\w.-]+/.exec(entry.trim())?.[0] ?? '');
  const key = Object.keys(sources).find((source) => normalName(source) === name);
  const source = key === undefined ? undefined : sources[key];
  const places = (Array.isArray(source) ? source : [source]).filter(isMapping);
  if (!places.some((place) => ['git', 'path', 'url', 'workspace'].some((kind) => kind in place))) {
    return false;
  }
  rows.refuse(
    line,
    `\`${printable(name)}\` is taken from a repository, an address or a folder (\`[tool.uv.sources]\`).`,
    'Install it as a project: `--project REPOSITORY@REF`, or attach a wheel.',
  );
  return true;
}

/** Dependencies that a build tool reads from another file. */
function readDynamic(rows: Rows, places: Places, content: Table, project: Table): void {
  const { dynamic } = project;
  if (!Array.isArray(dynamic) || !dynamic.includes('dependencies')) return;
  // Poetry has them in a table of its own.
  if (isMapping(tableAt(content, 'tool', 'poetry').dependencies)) return;
  const { file } = tableAt(content, 'tool', 'setuptools', 'dynamic', 'dependencies');
  const files = (Array.isArray(file) ? file : [file]).filter((each) => typeof each === 'string');
  const named = files.map((each) => `\`${printable(each)}\``).join(', ');
  rows.refuse(
    places.ofKey('project', 'dynamic'),
    'The dependencies stand in another file.',
    named === '' ? 'Give the file that lists them.' : `Give ${named}.`,
  );
}

import type { Platform } from '../domain/lock.ts';
import { printable } from '../domain/names.ts';
import type { Groups } from './groups.ts';
import type { Places } from './places.ts';
import { readRequirementRow } from './requirement-row.ts';
import type { Rows } from './rows.ts';
import { isMapping, type Table, tableAt } from './tables.ts';

/** All are in the environment that pixi makes. */
const CONDA_TABLES = ['dependencies', 'host-dependencies', 'build-dependencies'];
const TARGETS: Readonly<Record<Platform, readonly string[]>> = {
  'linux-64': ['unix', 'linux', 'linux-64'],
  'linux-aarch64': ['unix', 'linux', 'linux-aarch64'],
};
const INDEXES = ['index-url', 'extra-index-urls', 'find-links'];

/** `pixi.toml` and `[tool.pixi]` (pixi, "The pixi manifest"); `at` is what stands before a table. */
export function readPixiManifest(
  rows: Rows,
  places: Places,
  groups: Groups,
  root: Table,
  at: '' | 'tool.pixi.',
): void {
  const key = isMapping(root.workspace) ? 'workspace' : 'project';
  const workspace = tableAt(root, key);
  if (typeof workspace.name === 'string') rows.name = workspace.name;
  readChannels(rows, places, `${at}${key}`, workspace.channels);
  readPlatforms(rows, places, `${at}${key}`, workspace.platforms);
  readPart(rows, places, root, at);
  const inDefault = featuresOf(tableAt(root, 'environments'), 'default');
  for (const [name, feature] of Object.entries(tableAt(root, 'feature'))) {
    const table = `${at}feature.${name}`;
    const isIn =
      inDefault.includes(name) || groups.isWanted(name, 'feature', places.ofTable(table));
    if (!isIn || !isMapping(feature)) continue;
    readChannels(rows, places, table, feature.channels);
    readPart(rows, places, feature, `${table}.`);
  }
}

function featuresOf(environments: Table, name: string): unknown[] {
  const environment = environments[name];
  if (Array.isArray(environment)) return environment;
  const { features } = isMapping(environment) ? environment : {};
  return Array.isArray(features) ? features : [];
}

function readChannels(rows: Rows, places: Places, table: string, channels: unknown): void {
  for (const entry of Array.isArray(channels) ? channels : []) {
    const channel = isMapping(entry) ? entry.channel : entry;
    if (typeof channel === 'string') rows.channel(channel, places.ofText(table, channel));
  }
}

function readPlatforms(rows: Rows, places: Places, table: string, platforms: unknown): void {
  const { platform } = rows.settings;
  if (!Array.isArray(platforms) || platforms.length === 0 || platforms.includes(platform)) return;
  rows.refuse(
    places.ofKey(table, 'platforms'),
    `The project is for ${platforms.map((each) => printable(String(each))).join(', ')}, not for ${platform}.`,
    'Its packages are tried all the same; leave out those that are for another platform.',
  );
}

/** The tables of the manifest itself or of a feature. */
function readPart(rows: Rows, places: Places, part: Table, at: string): void {
  const targets = TARGETS[rows.settings.platform];
  const merged = (name: string): Map<string, { value: unknown; table: string }> => {
    const entries = [
      [`${at}${name}`, tableAt(part, name)] as const,
      ...targets.map(
        (target) =>
          [`${at}target.${target}.${name}`, tableAt(part, 'target', target, name)] as const,
      ),
    ];
    // What a target says of a package wins.
    return new Map(
      entries.flatMap(([table, content]) =>
        Object.entries(content).map(([key, value]) => [key, { value, table }] as const),
      ),
    );
  };
  for (const name of CONDA_TABLES) {
    for (const [key, { value, table }] of merged(name)) {
      readConda(rows, key, value, places.ofKey(table, key));
    }
  }
  for (const [key, { value, table }] of merged('pypi-dependencies')) {
    readPypi(rows, key, value, places.ofKey(table, key));
  }
  for (const name of Object.keys(tableAt(part, 'activation', 'env'))) {
    rows.refuse(
      places.ofKey(`${at}activation.env`, name),
      `\`${printable(name)}\` is an environment variable; an environment brings packages only.`,
      'Set it where the job is submitted: `--conf spark.executorEnv.NAME=VALUE`.',
      { isSetting: true },
    );
  }
  for (const name of Object.keys(tableAt(part, 'pypi-options'))) {
    if (!INDEXES.includes(name)) continue;
    rows.refuse(
      places.ofKey(`${at}pypi-options`, name),
      `\`${name}\`: which package indexes there are is configured by the operator.`,
      'Leave it out; ask the operator for an index that is missing.',
    );
  }
}

const FIELDS = ['version', 'build', 'build-number', 'channel', 'subdir', 'md5', 'sha256'];
const ELSEWHERE = ['git', 'path', 'url'];

function readConda(rows: Rows, name: string, value: unknown, line: number): void {
  if (typeof value === 'string') {
    rows.spec(value.trim() === '*' ? name : `${name} ${value}`, line);
  } else if (!isMapping(value)) refuseValue(rows, name, line);
  else if (!refuseElsewhere(rows, name, value, line)) {
    const fields = FIELDS.flatMap((field) => {
      const text = value[field];
      if ((typeof text !== 'string' && typeof text !== 'number') || text === '*') return [];
      return [`${field.replace('-', '_')}='${text}'`];
    });
    rows.spec(fields.length > 0 ? `${name}[${fields.join(',')}]` : name, line);
  }
}

function readPypi(rows: Rows, name: string, value: unknown, line: number): void {
  if (typeof value === 'string') {
    readRequirementRow(rows, value.trim() === '*' ? name : `${name}${value}`, line);
  } else if (!isMapping(value)) refuseValue(rows, name, line);
  else if (!refuseElsewhere(rows, name, value, line)) {
    const { version, extras } = value;
    const marker = value['env-markers'] ?? value.markers;
    const extra = Array.isArray(extras) && extras.length > 0 ? `[${extras.join(',')}]` : '';
    const constraint = typeof version === 'string' && version !== '*' ? version : '';
    const end = typeof marker === 'string' ? `; ${marker}` : '';
    if ('index' in value) rows.note(line, `The index of \`${printable(name)}\` is not asked.`);
    readRequirementRow(rows, `${name}${extra}${constraint}${end}`, line);
  }
}

/** Code that is no package of a channel or an index. */
export function refuseElsewhere(rows: Rows, name: string, value: Table, line: number): boolean {
  const kind = ELSEWHERE.find((each) => each in value);
  if (kind === undefined) return false;
  rows.refuse(
    line,
    `\`${printable(name)}\` is taken from ${kind === 'git' ? 'a repository' : kind === 'path' ? 'a folder' : 'an address'}, not from a channel.`,
    'Install it as a project: `--project REPOSITORY@REF`, or attach a wheel.',
  );
  return true;
}

function refuseValue(rows: Rows, name: string, line: number): void {
  rows.refuse(
    line,
    `The version of \`${printable(name)}\` is not a text.`,
    `Put it in quotes: \`${printable(name)} = ">=1.26"\`.`,
  );
}

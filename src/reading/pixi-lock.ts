import { printable } from '../domain/names.ts';
import { FETCHED, wheelAddress } from './addresses.ts';
import type { Rows } from './rows.ts';
import { isMapping } from './tables.ts';
import type { Path, Yaml } from './yaml.ts';

/** `pixi.lock` of the versions 4 and later (rattler, `rattler_lock`). */
export function readPixiLock(rows: Rows, yaml: Yaml): void {
  rows.isLock = true;
  const content = isMapping(yaml.content) ? yaml.content : {};
  const environments = isMapping(content.environments) ? content.environments : {};
  const names = Object.keys(environments);
  const wanted = [...rows.settings.groups, 'default', ...names].find((name) =>
    names.includes(name),
  );
  const environment = wanted === undefined ? null : environments[wanted];
  if (wanted === undefined || !isMapping(environment)) {
    rows.refuse(yaml.lineOf(['environments']) ?? 1, 'The lock has no environment.', null);
    return;
  }
  const others = names.filter((name) => name !== wanted).map((name) => printable(name));
  if (others.length > 0) {
    rows.note(
      yaml.lineOf(['environments']) ?? 1,
      `The environment ${printable(wanted)} is read; there are ${others.join(', ')}, too.`,
    );
  }
  readChannels(rows, yaml, wanted, environment);
  const { platform } = rows.settings;
  const platforms = isMapping(environment.packages) ? environment.packages : {};
  const key = platformKey(content.platforms, platforms, platform);
  const list = platforms[key];
  if (!Array.isArray(list)) {
    const known = Object.keys(platforms).map((each) => printable(each));
    rows.refuse(
      yaml.lineOf(['environments', wanted, 'packages']) ?? 1,
      known.length === 0
        ? 'The lock has no packages.'
        : `The lock is for ${known.join(', ')}, not for ${platform}.`,
      `Add our platform to its project: \`pixi workspace platform add ${platform}\`.`,
    );
    return;
  }
  readPackages(rows, yaml, ['environments', wanted, 'packages', key], list, content.packages);
}

/** Since version 7 a platform may have a name of its own: `{name: gpu, subdir: linux-64}`. */
function platformKey(named: unknown, platforms: object, platform: string): string {
  if (Object.hasOwn(platforms, platform)) return platform;
  const entries = (Array.isArray(named) ? named : []).filter(isMapping);
  const key = entries.find(
    ({ name, subdir }) => subdir === platform && Object.hasOwn(platforms, String(name)),
  );
  return String(key?.name ?? platform);
}

function readChannels(
  rows: Rows,
  yaml: Yaml,
  name: string,
  { channels }: Record<string, unknown>,
): void {
  for (const [index, channel] of (Array.isArray(channels) ? channels : []).entries()) {
    const url = isMapping(channel) ? channel.url : channel;
    const line = yaml.lineOf(['environments', name, 'channels', index]) ?? 1;
    if (typeof url === 'string') rows.channel(url, line);
  }
}

/** An environment names its packages by address; what is known of each stands below `packages`. */
function readPackages(
  rows: Rows,
  yaml: Yaml,
  path: Path,
  list: readonly unknown[],
  described: unknown,
): void {
  const packages = new Map<string, Record<string, unknown>>();
  for (const entry of Array.isArray(described) ? described : []) {
    const address = isMapping(entry) ? addressOf(entry) : null;
    if (address !== null) packages.set(address.text, entry);
  }
  for (const [index, entry] of list.entries()) {
    const line = yaml.lineOf([...path, index]) ?? 1;
    const address = isMapping(entry) ? addressOf(entry) : null;
    if (address === null) {
      rows.refuse(line, 'This entry is not the address of a package.', null);
      continue;
    }
    const { text, manager } = address;
    const its = packages.get(text) ?? {};
    const field = (key: string) => (typeof its[key] === 'string' ? its[key] : null);
    if (!FETCHED.test(text)) refuseFolder(rows, text, line);
    else if (manager === 'conda') {
      rows.package(text, { sha256: field('sha256'), md5: field('md5') }, line);
    } else {
      const parts = wheelAddress(text);
      rows.lockedPip(
        {
          name: field('name') ?? parts.name,
          version: field('version') ?? parts.version,
          ...{ url: text, sha256: field('sha256') },
        },
        line,
      );
    }
  }
}

/** `conda: URL` or `pypi: URL`, and in version 5 `kind`, with `url` or `path`. */
function addressOf(
  entry: Record<string, unknown>,
): { manager: 'conda' | 'pypi'; text: string } | null {
  const { conda, pypi, kind, url, path, conda_source: source } = entry;
  if (typeof conda === 'string') return { manager: 'conda', text: conda };
  if (typeof source === 'string') return { manager: 'conda', text: source };
  if (typeof pypi === 'string') return { manager: 'pypi', text: pypi };
  const place = url ?? path;
  if ((kind !== 'conda' && kind !== 'pypi') || typeof place !== 'string') return null;
  return { manager: kind, text: place };
}

function refuseFolder(rows: Rows, text: string, line: number): void {
  const isElsewhere = /^\w+\+/.test(text);
  rows.refuse(
    line,
    isElsewhere
      ? `\`${printable(text)}\` is neither in a channel nor in a package index.`
      : `\`${printable(text)}\` is code of the project itself, not a package of a channel.`,
    'Install it as a project: `--project REPOSITORY@REF`, or attach a wheel.',
  );
}

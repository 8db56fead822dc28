import { printable } from '../domain/names.ts';
import type { Rows } from './rows.ts';
import { isMapping } from './tables.ts';
import type { Yaml } from './yaml.ts';

/** `conda-lock.yml` (conda-lock, `lockfile/v1/models.py`), and pixi's before its version 4. */
export function readCondaLock(rows: Rows, yaml: Yaml): void {
  rows.isLock = true;
  const content = isMapping(yaml.content) ? yaml.content : {};
  const packages = Array.isArray(content.package) ? content.package : [];
  const { platform } = rows.settings;
  readChannels(rows, yaml, content.metadata);
  const platforms = new Set<string>();
  for (const [index, entry] of packages.entries()) {
    const line = yaml.lineOf(['package', index]) ?? 1;
    const { name, platform: its } = isMapping(entry) ? entry : {};
    if (!isMapping(entry) || typeof name !== 'string' || typeof its !== 'string') {
      rows.refuse(line, 'This entry is not a package with `name` and `platform`.', null);
      continue;
    }
    platforms.add(its);
    if (its === platform) readPackage(rows, entry, name, line);
  }
  if (!platforms.has(platform)) {
    const others = [...platforms].map((each) => printable(each)).join(', ');
    rows.refuse(
      yaml.lineOf(['package']) ?? 1,
      others === ''
        ? 'The lock has no packages.'
        : `The lock is for ${others}, not for ${platform}.`,
      `Lock it for our platform, too: \`conda-lock --platform ${platform}\`.`,
    );
  }
}

function readChannels(rows: Rows, yaml: Yaml, metadata: unknown): void {
  const channels = isMapping(metadata) && Array.isArray(metadata.channels) ? metadata.channels : [];
  for (const [index, channel] of channels.entries()) {
    const url = isMapping(channel) ? channel.url : channel;
    const line = yaml.lineOf(['metadata', 'channels', index]) ?? 1;
    if (typeof url === 'string') rows.channel(url, line);
  }
}

function readPackage(rows: Rows, entry: Record<string, unknown>, name: string, line: number): void {
  const { category = 'main', manager = 'conda', url, hash, version } = entry;
  if (typeof category === 'string' && !['main', ...rows.settings.groups].includes(category)) {
    rows.note(
      line,
      `\`${printable(name)}\` is of the category ${printable(category)}, and left out.`,
    );
    return;
  }
  const digests = isMapping(hash) ? hash : {};
  const digest = (key: string) => (typeof digests[key] === 'string' ? digests[key] : null);
  if (manager === 'conda' && typeof url === 'string') {
    rows.package(url, { sha256: digest('sha256'), md5: digest('md5') }, line);
  } else if (manager === 'pip' && typeof version === 'string') {
    const sha256 = digest('sha256');
    rows.lockedPip({ name, version, url: typeof url === 'string' ? url : null, sha256 }, line);
  } else {
    rows.refuse(line, `\`${printable(name)}\` has no address.`, 'Make the lock again.');
  }
}

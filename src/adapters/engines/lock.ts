import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CONDA_RECORD, type CondaRecord, readCondaRecord } from '../../domain/conda-record.ts';
import { outsideError } from '../../domain/errors.ts';
import { canonicalLock, type Lock, type LockedPackage, type Platform } from '../../domain/lock.ts';
import { printable } from '../../domain/names.ts';
import type { Channel } from '../../domain/ports.ts';
import { holdsSecret } from '../../domain/secrets.ts';
import { packageUnsafe } from './errors.ts';
import { leavesPrefix } from './package-paths.ts';

/** What an engine says of a package it chose. */
export type EngineRecord = Omit<LockedPackage, 'channel' | 'sha256'> & { sha256: string | null };

/**
 * The lock an engine's answer amounts to. Throws `no-checksum` for a package whose channel does
 * not publish a sha256: what cannot be checked cannot be promised again. Throws `address-with-secret` where it
 * gives an address that nobody may read: locks, manifests and archives hold it.
 */
export function lockFrom(
  platform: Platform,
  records: readonly EngineRecord[],
  channels: readonly Channel[],
): Lock {
  const packages = records.map((record) => {
    const channel = channels.find(({ url }) => record.url.startsWith(withSlash(url)));
    if (record.sha256 === null) throw noChecksum(record, channel);
    if (holdsSecret(record.url)) throw secretAddress(record, channel);
    return {
      name: record.name,
      version: record.version,
      build: record.build,
      subdir: record.subdir,
      channel: channel?.name ?? channelOf(record.url),
      url: record.url,
      sha256: record.sha256,
      md5: record.md5,
      size: record.size,
    };
  });
  return canonicalLock({ platform, packages });
}

/** A package as `conda-meta` in a prefix describes it. */
export interface InstalledPackage extends CondaRecord {
  /** The record's own file. */
  path: string;
}

/** Follows no link that a script of a package has put there. Errors: `conda-meta-broken`. */
export async function readInstalled(prefix: string): Promise<InstalledPackage[]> {
  const folder = join(prefix, 'conda-meta');
  for (const path of [prefix, folder]) if (!(await lstat(path)).isDirectory()) throw swapped(path);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      if (!(await lstat(path)).isFile()) throw swapped(path);
      return { ...readCondaRecord(await readFile(path, 'utf8'), path, CONDA_RECORD), path };
    }),
  );
}

/**
 * Throws `prefix-differs` unless `conda-meta` holds the lock's packages and nothing else, and `package-unsafe` where
 * one of them has a file outside of the prefix, be it an entry point.
 */
export async function verifyPrefix(prefix: string, lock: Lock): Promise<void> {
  const installed = await readInstalled(prefix);
  await refuseOutside(prefix, installed);
  const expected = lock.packages.map(describe);
  const found = installed.map(describe);
  const missing = expected.filter((entry) => !found.includes(entry));
  const foreign = found.filter((entry) => !expected.includes(entry));
  if (missing.length === 0 && foreign.length === 0) return;
  const [first = ''] = [...missing, ...foreign];
  throw outsideError({
    code: 'prefix-differs',
    message: `The prefix is not what the lock says: ${missing.length} packages are missing or different, ${foreign.length} do not belong there; the first is ${first.split(' ')[0]}.`,
    suggestion: 'Run the build again; if it happens twice, the engine or its cache is at fault.',
    details: [
      ...missing.map((entry) => `- ${entry}`),
      ...foreign.map((entry) => `+ ${entry}`),
    ].join('\n'),
    retryable: true,
  });
}

async function refuseOutside(
  prefix: string,
  installed: readonly InstalledPackage[],
): Promise<void> {
  const root = await realpath(prefix);
  const known = new Map<string, boolean>();
  const isInside = async (folder: string): Promise<boolean> => {
    // A folder that is not there holds no file.
    const real = await realpath(join(prefix, folder)).catch(() => root);
    return real === root || real.startsWith(`${root}/`);
  };
  for (const entry of installed) {
    for (const file of entry.files) {
      const folder = posix.dirname(posix.normalize(file));
      if (!known.has(folder)) known.set(folder, await isInside(folder));
      if (leavesPrefix(file) || !known.get(folder))
        throw packageUnsafe(`${entry.name} ${entry.version}`, 'file', file);
    }
  }
}

function swapped(path: string) {
  return outsideError({
    code: 'conda-meta-broken',
    message: `\`${path}\` is not what conda makes there: a package may have put a link in its place.`,
    suggestion:
      'Build the environment again; if it happens twice, leave out the package with a link script.',
  });
}

function describe(entry: {
  name: string;
  version: string;
  build: string;
  subdir: string;
  sha256: string | null;
}): string {
  return `${entry.subdir}/${entry.name}-${entry.version}-${entry.build} ${entry.sha256}`;
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** `https://host/conda-forge/linux-64/x.conda` → `conda-forge` */
function channelOf(url: string): string {
  return url.split('/').at(-3) ?? url;
}

function secretAddress({ name, version, url }: EngineRecord, channel: Channel | undefined) {
  return outsideError({
    code: 'address-with-secret',
    message: `The channel ${channel?.name ?? channelOf(url)} gives ${printable(name)} ${printable(version)} an address with a password or token, which locks and archives would hold.`,
    suggestion: 'Ask the operator for a channel that gives addresses without one.',
  });
}

function noChecksum(record: EngineRecord, channel: Channel | undefined) {
  return outsideError({
    code: 'no-checksum',
    message: `The channel ${channel?.name ?? channelOf(record.url)} publishes no sha256 for ${record.name} ${record.version}, so its bytes cannot be checked.`,
    suggestion: 'Index the channel again with sha256, or choose another channel.',
    details: record.url,
  });
}

import type { LockedPackage } from '../domain/lock.ts';
import { channelName } from './channel-names.ts';

/** An address of the web, or of a channel that is a folder. */
export const FETCHED = /^(?:https?|file):\/\//;

/**
 * Where a package is from, told by its address `…/CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda`: `channel` is the last
 * part of its path where the host is not a known one, `url` is without what follows a `#`.
 */
export type PackageAddress = Omit<LockedPackage, 'sha256' | 'md5' | 'size'>;

/** Null where an address is not that of a conda package. */
export function packageAddress(text: string): PackageAddress | null {
  if (!FETCHED.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const match =
    /^(.*)\/([a-z]+(?:-[a-z0-9_]+)?)\/([^/]+)-([^/-]+)-([^/-]+?)(?:\.conda|\.tar\.bz2)$/.exec(
      url.pathname,
    );
  const [, folder = '', subdir = '', name = '', written = '', build = ''] = match ?? [];
  if (!match || !/^[a-z0-9_][a-z0-9_.-]*$/i.test(name)) return null;
  const version = decode(written);
  // An encoded dash would make the file that of a package with a longer name.
  if (!/^[a-z0-9_.!+]+$/i.test(version)) return null;
  const path = folder.replace(/^\/t\/[^/]+/, '');
  const place = `${url.protocol}//${url.host}${path}`;
  const last = path.split('/').at(-1) ?? '';
  return {
    ...{ name: name.toLowerCase(), version, build, subdir },
    channel: channelName(place) ?? channelName(last) ?? url.hostname,
    url: `${place}/${subdir}/${url.pathname.split('/').at(-1)}`,
  };
}

/** A version may have an epoch, whose `!` is written as `%21`. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `…/numpy-1.26.4-cp311-….whl` (PEP 427) or `…/numpy-1.26.4.tar.gz`. */
export function wheelAddress(url: string): { name: string; version: string } {
  const file =
    url
      .replace(/[#?].*$/, '')
      .split('/')
      .at(-1) ?? '';
  const [, name = file, version = ''] =
    /^([^-]+)-([^-]+)-.*\.whl$/.exec(file) ?? /^(.+)-([^-]+?)\.(?:tar\.gz|zip)$/.exec(file) ?? [];
  return { name, version };
}

import { posix } from 'node:path';
import type { Architecture } from '../../domain/platform.ts';

/** Where wheels are to run. */
export interface Target {
  /** Major and minor version of CPython. */
  python: readonly [number, number];
  machine: Architecture;
  /** Major and minor version of the oldest glibc. */
  glibc: readonly [number, number];
}

/** glibc of the older names (PEP 600). */
const LEGACY: Readonly<Record<string, string>> = {
  manylinux1: 'manylinux_2_5',
  manylinux2010: 'manylinux_2_12',
  manylinux2014: 'manylinux_2_17',
};

/** Whether an index has written an address that has a file name. */
export function isAddress(url: string): boolean {
  try {
    return wheelFile(url) !== '';
  } catch {
    return false;
  }
}

/** File name of a wheel, from its address: one name, also where a slash in it is encoded. */
export function wheelFile(url: string): string {
  return posix.basename(decodeURIComponent(new URL(url).pathname));
}

/**
 * How well a wheel fits, by the tags of its file name: of two, the one whose numbers are smaller is
 * taken. Null where it does not run on the target (PEP 425; the order is that of pip).
 */
export function fitOf(file: string, target: Target): number[] | null {
  const [platforms = '', abis = '', pythons = ''] = file
    .replace(/\.whl$/, '')
    .split('-')
    .reverse();
  const fits = pythons.split('.').flatMap((python) =>
    abis.split('.').flatMap((abi) =>
      platforms.split('.').flatMap((platform) => {
        const interpreter = interpreterFit(python, abi, target);
        const system = platformFit(platform, target);
        return interpreter === null || system === null ? [] : [[...interpreter, ...system]];
      }),
    ),
  );
  return fits.sort(compareFits)[0] ?? null;
}

/** Orders by the first number that differs. */
export function compareFits(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}

function interpreterFit(python: string, abi: string, target: Target): number[] | null {
  const [, kind = '', major = '', minor] = /^(cp|py)(\d)(\d*)$/.exec(python) ?? [];
  const [ourMajor, ourMinor] = target.python;
  if (kind === '' || Number(major) !== ourMajor) return null;
  const age = minor === '' ? 0 : ourMinor - Number(minor);
  if (age < 0) return null;
  const own = `cp${ourMajor}${ourMinor}`;
  if (python === own && abi === own) return [0, 0];
  if (kind === 'cp' && abi === 'abi3') return [1, age];
  if (abi !== 'none' || (kind === 'cp' && python !== own)) return null;
  return [kind === 'cp' ? 2 : 3, age];
}

/** What is built for a newer glibc may use what it has; what is for any system comes last. */
function platformFit(platform: string, { machine, glibc }: Target): number[] | null {
  if (platform === 'any') return [1, 0];
  const name = platform.replace(/^manylinux(?:1|2010|2014)(?=_)/, (old) => LEGACY[old] ?? old);
  const [, major, minor, its] = /^manylinux_(\d+)_(\d+)_(.+)$/.exec(name) ?? [];
  if (its !== machine || Number(major) !== glibc[0] || Number(minor) > glibc[1]) return null;
  return [0, glibc[1] - Number(minor)];
}

import { canonicalLock } from '../lock.ts';
import type { LockSubject } from './subject.ts';
import { channelAddresses, scalar } from './yaml.ts';

/** A `pixi.lock` of version 6 (rattler, `rattler_lock`), with one environment. */
export function pixiLockFile({ lock }: LockSubject): string[] {
  const { platform, packages, wheels = [] } = canonicalLock(lock);
  return [
    'version: 6',
    'environments:',
    '  default:',
    '    channels:',
    ...channelAddresses(packages).map((address) => `    - url: ${scalar(`${address}/`)}`),
    ...(wheels.length === 0 ? [] : ['    indexes:', '    - https://pypi.org/simple']),
    '    packages:',
    `      ${platform}:`,
    ...packages.map(({ url }) => `      - conda: ${scalar(url)}`),
    ...wheels.map(({ url }) => `      - pypi: ${scalar(url)}`),
    'packages:',
    ...packages.flatMap(({ url, name, version, build, subdir, sha256, md5, size }) => [
      `- conda: ${scalar(url)}`,
      // Rattler knows them by an address of the web, but not by one of a folder.
      `  name: ${scalar(name)}`,
      `  version: ${JSON.stringify(version)}`,
      `  build: ${JSON.stringify(build)}`,
      `  subdir: ${subdir}`,
      `  sha256: ${JSON.stringify(sha256)}`,
      ...(md5 === null ? [] : [`  md5: ${JSON.stringify(md5)}`]),
      ...(size === null ? [] : [`  size: ${size}`]),
    ]),
    ...wheels.flatMap(({ name, version, url, sha256 }) => [
      `- pypi: ${scalar(url)}`,
      `  name: ${scalar(name)}`,
      `  version: ${JSON.stringify(version)}`,
      `  sha256: ${JSON.stringify(sha256)}`,
    ]),
  ];
}

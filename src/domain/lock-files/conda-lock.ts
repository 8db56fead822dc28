import { createHash } from 'node:crypto';
import { canonicalLock } from '../lock.ts';
import type { LockSubject } from './subject.ts';
import { channelAddresses, scalar } from './yaml.ts';

/**
 * A `conda-lock.yml` of version 1 (conda-lock, `lockfile/v1/models.py`). It names no dependencies:
 * whoever installs it installs all of it.
 */
export function condaLockFile({ label, lock }: LockSubject): string[] {
  const { platform, packages, wheels = [] } = canonicalLock(lock);
  const content = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
  const entry = (
    manager: string,
    { name, version, url }: Record<'name' | 'version' | 'url', string>,
  ) => [
    `  - name: ${scalar(name)}`,
    `    version: ${JSON.stringify(version)}`,
    `    manager: ${manager}`,
    `    platform: ${platform}`,
    '    dependencies: {}',
    `    url: ${scalar(url)}`,
    '    hash:',
  ];
  const end = ['    category: main', '    optional: false'];
  return [
    'version: 1',
    'metadata:',
    '  content_hash:',
    `    ${platform}: ${content}`,
    '  channels:',
    ...channelAddresses(packages).flatMap((address) => [
      `    - url: ${scalar(address)}`,
      '      used_env_vars: []',
    ]),
    '  platforms:',
    `    - ${platform}`,
    '  sources:',
    `    - ${scalar(label)}`,
    'package:',
    ...packages.flatMap((conda) => [
      ...entry('conda', conda),
      ...(conda.md5 === null ? [] : [`      md5: ${JSON.stringify(conda.md5)}`]),
      `      sha256: ${JSON.stringify(conda.sha256)}`,
      ...end,
    ]),
    ...wheels.flatMap((wheel) => [
      ...entry('pip', wheel),
      `      sha256: ${JSON.stringify(wheel.sha256)}`,
      ...end,
    ]),
  ];
}

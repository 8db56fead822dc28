import { canonicalLock } from '../lock.ts';
import type { LockSubject } from './subject.ts';
import { channelAddresses, scalar } from './yaml.ts';

/** Channels that every conda knows by their name. */
const KNOWN = /^https:\/\/conda\.anaconda\.org\/([A-Za-z0-9._-]+)$/;

/**
 * An `environment.yml` with the version and the build of every package. Without `nodefaults`: conda
 * 26 looks for a channel of that name.
 */
export function environmentFile({ name, lock }: LockSubject): string[] {
  const { packages, wheels = [] } = canonicalLock(lock);
  const channels = channelAddresses(packages).map((address) => KNOWN.exec(address)?.[1] ?? address);
  return [
    `name: ${scalar(name)}`,
    'channels:',
    ...channels.map((channel) => `  - ${scalar(channel)}`),
    'dependencies:',
    ...packages.map((entry) => `  - ${scalar(`${entry.name}=${entry.version}=${entry.build}`)}`),
    ...(wheels.length === 0 ? [] : ['  - pip:']),
    ...wheels.map((wheel) => `      - ${scalar(`${wheel.name}==${wheel.version}`)}`),
  ];
}

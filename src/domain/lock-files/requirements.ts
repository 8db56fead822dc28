import { canonicalLock } from '../lock.ts';
import type { LockSubject } from './subject.ts';

/** What pip installed, for pip: exact versions, with the sha256 of the wheels that they were. */
export function requirementsFile({ lock }: LockSubject): string[] {
  const { wheels = [] } = canonicalLock(lock);
  return wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}`);
}

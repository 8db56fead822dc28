import { canonicalLock } from '../lock.ts';
import type { LockSubject } from './subject.ts';

/**
 * What `conda create --file` takes below `@EXPLICIT` (conda, `conda/misc.py`): addresses with the
 * sha256 of their bytes. Wheels stand there as comments, as conda-lock writes them.
 */
export function explicitList({ lock }: LockSubject): string[] {
  const { packages, wheels = [] } = canonicalLock(lock);
  return [
    '@EXPLICIT',
    ...packages.map(({ url, sha256 }) => `${url}#sha256:${sha256}`),
    ...wheels.map(({ name, url, sha256 }) => `# pip ${name} @ ${url} --hash=sha256:${sha256}`),
  ];
}

import { userError } from '../../domain/errors.ts';
import { compareLocks, type Lock } from '../../domain/lock.ts';
import { listInWords } from '../../domain/phrase.ts';
import type { Progress, SolveRequest } from '../../domain/ports.ts';
import type { BuildRequest } from '../../domain/request.ts';
import type { BuildPorts } from '../context.ts';
import { PIP, withPip, withWheels } from './wheels.ts';

interface Given extends Pick<SolveRequest, 'channels' | 'glibc'> {
  request: BuildRequest;
  /** conda's packages, every one of which stays. */
  lock: Lock;
}

/**
 * A lock that somebody has, with the wheels for what its request asks of pip. Throws
 * `lock-incomplete` where pip itself is missing and does not go beside the packages, and what
 * `withWheels` throws.
 */
export async function completeLock(
  ports: Pick<BuildPorts, 'engine' | 'pip'>,
  given: Given,
  progress: Progress,
): Promise<Lock> {
  const { request, glibc, lock } = given;
  if (request.pip.length === 0) return lock;
  const conda = lock.packages.some(({ name }) => name === PIP)
    ? lock
    : await besidePip(ports, given, progress);
  return withWheels(ports, request, { lock: conda, glibc, keep: [] }, progress);
}

/** The lock and pip: who made it with pixi or uv has none in the environment. */
async function besidePip(
  { engine }: Pick<BuildPorts, 'engine'>,
  { request, lock, channels, glibc }: Given,
  progress: Progress,
): Promise<Lock> {
  const { platform, packages } = lock;
  const asked = { specs: withPip(request), channels, platform, glibc, keep: packages };
  const { added, changed, removed } = compareLocks(lock, await engine.solve(asked, progress));
  const moved = [...changed.map(({ before }) => before), ...removed];
  if (moved.length === 0) return { platform, packages: [...packages, ...added] };
  throw userError({
    code: 'lock-incomplete',
    message: `The lock has packages of pip but no \`pip\`, and beside its packages there is none: ${listInWords(
      moved.slice(0, 3).map(({ name, version }) => `\`${name} ${version}\``),
      'and',
    )} would become others.`,
    suggestion: 'Add `pip` to the environment that the lock is of, and lock it again.',
  });
}

import { type Edit, neededError } from '../../domain/edit.ts';
import { FerryError, throwIfStopped } from '../../domain/errors.ts';
import type { Lock, LockedPackage } from '../../domain/lock.ts';
import type { Engine, Progress, SolveRequest } from '../../domain/ports.ts';
import type { Spec } from '../../domain/spec.ts';

/** Who needs a package is asked of the engine for so many of those asked for, at most. */
const MOST_ASKED = 12;

/** A lock, and what is to become of its packages. */
export interface Basis extends Pick<Edit, 'lift' | 'drop'> {
  environment: string;
  lock: Lock;
}

/**
 * Solves so that only what is lifted or dropped changes, and what that forces. Throws
 * `package-needed`, and what a solve throws.
 */
export async function solveEdited(
  engine: Engine,
  asked: SolveRequest,
  basis: Basis,
  progress: Progress,
): Promise<Lock> {
  const solved = await lifted(engine, asked, basis, progress);
  const left = solved.packages.filter(({ name }) => basis.drop.includes(name));
  if (left.length === 0) return solved;
  progress.detail('looking for what needs it');
  throw await whoNeeds(engine, { ...asked, keep: basis.lock.packages }, { basis, left }, progress);
}

/**
 * How new the lifted packages can be is found out beside those asked for, which stay; then they are
 * put there with everything else in its place. Lifted among all packages that stay, they would be
 * held back by what only they need.
 */
async function lifted(
  engine: Engine,
  asked: SolveRequest,
  { lock, lift }: Basis,
  progress: Progress,
): Promise<Lock> {
  const keep = lock.packages.filter(({ name }) => !lift.includes(name));
  if (lift.length === 0) return engine.solve({ ...asked, keep }, progress);
  const names = asked.specs.map(({ name }) => name);
  const beside = keep.filter(({ name }) => names.includes(name));
  const newest = await engine.solve({ ...asked, keep: beside }, progress);
  if (keep.length === 0) return newest;
  const there = newest.packages.filter(({ name }) => lift.includes(name));
  const specs = [
    ...asked.specs.filter(({ name }) => !there.some((entry) => entry.name === name)),
    ...there.map((entry) => exactly(entry, asked.specs)),
  ];
  // Those lifted stay, too, unless they are other ones now: what goes with them is told by that.
  return engine.solve({ ...asked, specs, keep: lock.packages }, progress);
}

/** The spec that only this package meets, from the channel that was asked for. */
function exactly({ name, version, build }: LockedPackage, specs: readonly Spec[]): Spec {
  const channel = specs.find((spec) => spec.name === name)?.channel ?? null;
  return { name, version: `==${version}`, build, channel };
}

/** Solves what was asked for one by one: whatever brings a dropped package along needs it. */
async function whoNeeds(
  engine: Engine,
  asked: SolveRequest,
  { basis, left }: { basis: Basis; left: readonly LockedPackage[] },
  progress: Progress,
): Promise<FerryError> {
  const brought: { by: string; names: string[] }[] = [];
  for (const spec of asked.specs.slice(0, MOST_ASKED)) {
    try {
      const alone = await engine.solve({ ...asked, specs: [spec] }, progress);
      brought.push({ by: spec.name, names: alone.packages.map(({ name }) => name) });
    } catch (error) {
      throwIfStopped(progress.signal);
      if (!(error instanceof FerryError)) throw error;
    }
  }
  const needs = left.map(({ name }) => ({
    name,
    by: brought.filter(({ names }) => names.includes(name)).map(({ by }) => by),
  }));
  return neededError(basis.environment, basis.drop, needs);
}

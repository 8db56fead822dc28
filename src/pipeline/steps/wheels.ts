import { FerryError, type Repair, userError } from '../../domain/errors.ts';
import type { Lock, LockedWheel } from '../../domain/lock.ts';
import { condaVersion, formatRequirement } from '../../domain/pip.ts';
import { distributionsOf, pipNames } from '../../domain/pip-names.ts';
import { explainPipRefusal, type PipRefusal, refusedByConda } from '../../domain/pip-refusal.ts';
import type { Progress, ResolveRequest } from '../../domain/ports.ts';
import { type BuildRequest, createCommand } from '../../domain/request.ts';
import { formatSpec, parseSpec, type Spec } from '../../domain/spec.ts';
import type { BuildPorts } from '../context.ts';

export const PIP = 'pip';

/** What conda is asked for: packages of pip are installed by the environment's own pip. */
export function withPip({ specs, pip }: BuildRequest): readonly Spec[] {
  const isAsked = specs.some(({ name }) => name === PIP);
  return pip.length === 0 || isAsked ? specs : [...specs, parseSpec(PIP)];
}

/**
 * The lock with a wheel for each package of pip that conda does not bring. Throws `no-index`,
 * `requirements-conflict`, `requirement-not-found`, `no-wheel` and `index-unreachable`.
 */
export async function withWheels(
  { pip }: Pick<BuildPorts, 'pip'>,
  request: BuildRequest,
  { lock, glibc, keep }: Pick<ResolveRequest, 'lock' | 'glibc' | 'keep'>,
  progress: Progress,
): Promise<Lock> {
  if (request.pip.length === 0) return lock;
  if (pip.indexes.length === 0) throw noIndex();
  const python = lock.packages.find(({ name }) => name === 'python')?.version;
  if (python === undefined) throw noPython(request);
  refuseExtras(request, lock);
  const refused = refusedByConda(request.pip, lock);
  if (refused) throw refuse(refused, request);
  progress.detail(`asking ${pip.indexes.join(', ')} for packages of pip`);
  progress.log(`requirements ${request.pip.map(formatRequirement).join(' ')}`);
  const wheels = await pip
    .resolve({ requirements: request.pip, lock, keep, python, glibc }, progress)
    .catch((error: unknown) => {
      const isRefusal = error instanceof FerryError && error.code === 'requirements-unsatisfiable';
      if (!isRefusal) throw error;
      const { details } = error;
      throw refuse(explainPipRefusal(details ?? '', lock, request.pip), request, details);
    });
  refuseOtherBytes(request, wheels);
  return wheels.length === 0 ? lock : { ...lock, wheels };
}

/** The refusal with the command that asks conda for what pip's packages need of it. */
function refuse(
  { instead, ...said }: PipRefusal,
  request: BuildRequest,
  details: string | null = null,
): FerryError {
  return userError({ ...said, details, repairs: instead ? [repair(request, instead)] : [] });
}

function repair(
  request: BuildRequest,
  { conda, specifier }: NonNullable<PipRefusal['instead']>,
): Repair {
  const spec = parseSpec(`${conda}${condaVersion(specifier) ?? ''}`);
  const isAsked = request.specs.some(({ name }) => name === conda);
  const specs = isAsked
    ? request.specs.map((known) =>
        known.name === conda ? { ...known, version: spec.version } : known,
      )
    : [...request.specs, spec];
  // What conda is asked for, pip need not be.
  const pip = request.pip.filter(({ name }) => !pipNames(conda).includes(name));
  const command = createCommand({ ...request, specs, pip });
  return { label: `Build with ${formatSpec(spec)}`, command };
}

/** An extra names further packages, which conda's package does not bring. */
function refuseExtras({ pip }: BuildRequest, lock: Lock): void {
  const held = new Map(distributionsOf(lock).map((each) => [each.name, each]));
  const refused = pip.find(({ name, extras }) => extras.length > 0 && held.has(name));
  if (!refused) return;
  const { name, extras } = refused;
  throw userError({
    code: 'requirements-conflict',
    message: `\`${name}\` comes from conda here, so pip cannot add its extra \`${extras.join(', ')}\`.`,
    suggestion: `Name the packages that the extra stands for, or leave \`${name}\` to pip alone.`,
  });
}

/** A file may say what the bytes of its packages must be. */
function refuseOtherBytes({ pip }: BuildRequest, wheels: readonly LockedWheel[]): void {
  for (const { name, hashes } of pip) {
    const wheel = wheels.find((known) => known.name === name);
    if (!wheel || hashes.length === 0 || hashes.includes(`sha256:${wheel.sha256}`)) continue;
    throw userError({
      code: 'requirement-not-found',
      message: `No file of \`${name} ${wheel.version}\` has a digest that was asked for; the index has ${wheel.sha256.slice(0, 12)}…`,
      suggestion: 'Make the list anew, or leave its digests out.',
    });
  }
}

function noIndex() {
  return userError({
    code: 'no-index',
    message: 'No index of pip packages is configured on this build host.',
    suggestion: 'Ask conda for the packages, or ask the operator for an index.',
  });
}

function noPython(request: BuildRequest) {
  const specs = [parseSpec('python'), ...request.specs];
  return userError({
    code: 'no-python',
    message: 'The environment has no Python to install packages of pip into.',
    suggestion: 'Add `python` to the command.',
    repairs: [{ label: 'Build with python', command: createCommand({ ...request, specs }) }],
  });
}

import { FerryError } from '../../domain/errors.ts';
import type { Lock, LockedPackage } from '../../domain/lock.ts';
import type { Progress, SolveRequest } from '../../domain/ports.ts';
import { meetsVersion, type Spec } from '../../domain/spec.ts';

/** A solve may be repeated so often to find what has to move; then everything may. */
const MOST_SOLVES = 4;

/**
 * Keeps packages where they are for an engine that only knows hard pins: `pinned` solves with
 * exactly the packages given as `keep`. Those that cannot stay are found by what the solver says
 * and let go, and no others; where it says nothing of them, all are. Rejects with what the solve
 * of the last attempt, which keeps nothing, fails with.
 */
export async function solveKeeping(
  request: SolveRequest,
  progress: Progress,
  pinned: (request: SolveRequest) => Promise<Lock>,
): Promise<Lock> {
  let keep = whatMayStay(request);
  for (let solves = 1; keep.length > 0; solves += 1) {
    try {
      return await pinned({ ...request, keep });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const moving = solves < MOST_SOLVES ? blamed(error.details ?? '', keep) : keep;
      progress.log(`cannot stay: ${moving.map(({ name }) => name).join(' ')}`);
      keep = keep.filter((entry) => !moving.includes(entry));
    }
  }
  return pinned({ ...request, keep });
}

function isRefusal(error: unknown): error is FerryError {
  return error instanceof FerryError && ['unsatisfiable', 'package-not-found'].includes(error.code);
}

/** The kept packages that the solver's words are about; all of them where none can be told. */
function blamed(details: string, keep: readonly LockedPackage[]): readonly LockedPackage[] {
  // resolvo and libmamba name the pins that are in the way, conda lists those no channel has.
  const words = /(?:the constraint|pin on|^ +-) ([\w.-]+)/gm;
  const named = [...details.matchAll(words)].map(([, name]) => name);
  const found = keep.filter(({ name }) => named.includes(name));
  return found.length > 0 ? found : keep;
}

/**
 * Without those that a spec asks others of, and without those compiled for one Python where that
 * moves: there may be a hundred of them, and a solver names only a few at a time.
 */
function whatMayStay({ keep, specs }: SolveRequest): LockedPackage[] {
  const staying = keep.filter((entry) => mayStay(entry, specs));
  const hadPython = keep.some(isPython);
  if (!hadPython || staying.some(isPython)) return staying;
  return staying.filter(({ build }) => !/(?:^|_)py\d{2,}/.test(build));
}

function isPython({ name }: LockedPackage): boolean {
  return name === 'python';
}

/** No spec asks for another package of that name. */
function mayStay(entry: LockedPackage, specs: readonly Spec[]): boolean {
  return specs.every(
    ({ name, version, build, channel }) =>
      name !== entry.name ||
      (meetsVersion(entry.version, version, build !== null) &&
        meetsBuild(entry.build, build) &&
        (channel === null || channel === entry.channel)),
  );
}

/** A `*` in the build of a spec stands for any characters. */
function meetsBuild(build: string, wanted: string | null): boolean {
  if (wanted === null) return true;
  const parts = wanted.split('*').map((part) => part.replace(/[.+]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(build);
}

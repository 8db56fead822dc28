import { explainConflict } from '../../domain/conflict-words.ts';
import { channelsOn } from '../../domain/edge-platforms.ts';
import { FerryError, type Repair, throwIfStopped, userError } from '../../domain/errors.ts';
import { insisting } from '../../domain/fit.ts';
import type { Lock } from '../../domain/lock.ts';
import { missingError, missingPackages, repairSpecs } from '../../domain/missing-packages.ts';
import type { Note } from '../../domain/note.ts';
import type { Progress, SolveRequest } from '../../domain/ports.ts';
import { type BuildRequest, createCommand } from '../../domain/request.ts';
import { formatSpec, type Spec } from '../../domain/spec.ts';
import type { BuildPorts } from '../context.ts';

/** A first solve that took longer is not repeated with other specs: nobody waits for that. */
const QUICK_MS = 5_000;
/** All that looking for something nearer may take: together they are less than a person waits for. */
const LOOKING_MS = 8_000;

/** What looking for something nearer needs from outside. */
type Ports = Pick<BuildPorts, 'engine' | 'contents'>;

/** Specs with what is added to them, and why. */
export type Fitted = (specs: readonly Spec[]) => { specs: Spec[]; notes: Note[] };

export interface RefusedSolve {
  request: BuildRequest;
  /** What the engine was asked. */
  asked: SolveRequest;
  /** Specs as they are solved: with what the clusters need, which nobody typed. */
  fitted: Fitted;
  error: unknown;
  tookMs: number;
}

/**
 * What a solve that failed means for the person: everything the channels do not have, or why the
 * packages do not go together, and the nearest request that would go through. Anything else that
 * was thrown is returned as it is.
 */
export async function explainRefusal(
  ports: Ports,
  { request, asked, fitted, error, tookMs }: RefusedSolve,
  progress: Progress,
): Promise<unknown> {
  if (!(error instanceof FerryError)) return error;
  if (!['package-not-found', 'unsatisfiable'].includes(error.code)) return error;
  const { glibc } = asked;
  const { specs } = request;
  const channels = asked.channels.map(({ name }) => name);
  const details = error.details ?? '';
  const contents = ports.contents && channelsOn(ports.contents, asked.platform);
  const missing = contents ? await missingPackages(specs, channels, contents) : null;
  if (missing && missing.length > 0) {
    const mended = repairSpecs(specs, missing);
    const repairs = mended ? [repair(request, mended)] : [];
    return missingError(missing, channels, { details, repairs });
  }
  const explained =
    error.code === 'unsatisfiable'
      ? explainConflict(details, { specs: asked.specs, channels, glibc })
      : null;
  const typed = constrained(specs);
  const involved = explained?.involved.filter((name) => typed.includes(name)) ?? typed;
  const nearest =
    tookMs > QUICK_MS
      ? null
      : await findNearest(ports, { request, asked, fitted }, involved, progress);
  const { code, suggestion } = error;
  // Where the channels have all that was typed, what was added cannot be met.
  const added = error.code === 'unsatisfiable' || missing !== null ? fitted(specs).notes : [];
  return userError({
    ...{ code, details },
    message: [explained?.message ?? error.message, ...added.map(({ text }) => text)].join(' '),
    suggestion: nearest
      ? `The nearest that goes together: ${nearest.map((spec) => `\`${formatSpec(spec)}\``).join(' ')}.`
      : (explained?.suggestion ?? suggestion),
    repairs: [
      ...(nearest ? [repair(request, nearest)] : []),
      ...(added.length > 0 ? [insisting(request)] : []),
    ],
  });
}

function repair(request: BuildRequest, specs: readonly Spec[]): Repair {
  return {
    label: `Build ${specs.map(formatSpec).join(' ')}`,
    command: createCommand({ ...request, specs }),
  };
}

function constrained(specs: readonly Spec[]): string[] {
  return specs.filter(({ version, build }) => (version ?? build) !== null).map(({ name }) => name);
}

/**
 * Solves again with one of the constraints let go, the one of Python last, because a cluster often
 * dictates it; then with all of them. Null when none of it can be solved in time.
 */
async function findNearest(
  ports: Ports,
  { request, asked, fitted }: Pick<RefusedSolve, 'request' | 'asked' | 'fitted'>,
  involved: readonly string[],
  progress: Progress,
): Promise<Spec[] | null> {
  const ordered = involved.toSorted(
    (left, right) => Number(left === 'python') - Number(right === 'python'),
  );
  const attempts = [...ordered.slice(0, 4).map((name) => [name]), ordered];
  const signal = AbortSignal.any([progress.signal, AbortSignal.timeout(LOOKING_MS)]);
  const quiet: Progress = { signal, log: () => undefined, detail: () => undefined };
  progress.detail('looking for the nearest that goes together');
  for (const names of ordered.length > 1 ? attempts : attempts.slice(0, 1)) {
    if (names.length === 0) return null;
    const loose = request.specs.map((spec) =>
      names.includes(spec.name)
        ? { name: spec.name, channel: spec.channel, version: null, build: null }
        : spec,
    );
    try {
      const lock = await ports.engine.solve({ ...asked, specs: fitted(loose).specs }, quiet);
      return request.specs.map((spec) => (names.includes(spec.name) ? settled(spec, lock) : spec));
    } catch {
      throwIfStopped(progress.signal);
      if (signal.aborted) return null;
    }
  }
  return null;
}

/** A spec that was let go, at the release that the solver chose for it. */
function settled({ name, channel }: Spec, lock: Lock): Spec {
  const version = lock.packages.find((entry) => entry.name === name)?.version ?? null;
  const release = version?.split('.').slice(0, 2).join('.') ?? null;
  return { name, channel, version: release === null ? null : `=${release}`, build: null };
}

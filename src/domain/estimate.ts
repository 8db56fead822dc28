/** How long builds take, told by how long past ones took; and when one that waits will begin. */
import { type Build, STEP_NAMES, type Step, type StepName } from './build.ts';
import { everyPackage, type Lock, type Platform } from './lock.ts';
import { boolean, listOf, mapOf, number, object, type Shape, string } from './shape.ts';

/** How long one build took. */
export interface Timing {
  /** Whether builds before it had had each of its packages, so that none had to be fetched. */
  isKnown: boolean;
  /** Its packages, each by the beginning of its digest. */
  packages: readonly string[];
  seconds: Readonly<Partial<Record<StepName, number>>>;
}

/** What is to be expected of a build that has not ended. */
export interface Outlook {
  /** Which one it is of those that wait, from 1; null once it has begun. */
  position: number | null;
  /** Until it begins, and once it has, until it ends; null where nothing tells. */
  seconds: number | null;
  /** It waits for a worker of this platform, and none takes work at present; left out where one does. */
  awaits?: Platform;
}

/** So many past builds tell of the next ones: what was long ago was on other machines. */
export const MOST_TIMINGS = 50;

/** The step that has a lane of its own, also where it is asked for by itself. */
export const PROOF: readonly StepName[] = ['verify'];
/** Steps in which a build has a slot for builds. */
export const IN_SLOT: readonly StepName[] = STEP_NAMES.filter((name) => !PROOF.includes(name));

const packagesOf = (lock: Lock): string[] =>
  everyPackage(lock).map(({ sha256 }) => sha256.slice(0, 12));

/** How long a build took that is ready; null where it says nothing of others. */
export function timingOf(build: Build, past: readonly Timing[]): Timing | null {
  // A later attempt goes on from what an earlier one has made.
  if (build.state !== 'ready' || build.reused || build.attempt > 1 || !build.lock) return null;
  const seconds = build.steps.flatMap((step) => {
    const { name, finishedAt } = step;
    const since = awaitedSince(build, step);
    return since === null || finishedAt === null ? [] : [[name, (finishedAt - since) / 1000]];
  });
  return {
    isKnown: isKnown(build.lock, past),
    packages: packagesOf(build.lock),
    seconds: Object.fromEntries(seconds),
  };
}

/**
 * Since when a step is what a build waits for: a step may begin beside the one before it, and adds to the
 * whole only what is left of it then. Null before that.
 */
function awaitedSince({ steps }: Build, { name, startedAt }: Step): number | null {
  const before = steps.slice(0, STEP_NAMES.indexOf(name)).map(({ finishedAt }) => finishedAt);
  if (startedAt === null || before.includes(null)) return null;
  return Math.max(startedAt, ...before.map(Number));
}

function isKnown(lock: Lock, past: readonly Timing[]): boolean {
  const seen = new Set(past.flatMap(({ packages }) => packages));
  return packagesOf(lock).every((digest) => seen.has(digest));
}

/** Seconds that each step is expected to take; null without any past. */
type Expected = Readonly<Record<StepName, number>> | null;

/** By builds of the same kind, where there are any. `lock`: null where the packages are not known. */
function expectedSteps(past: readonly Timing[], lock: Lock | null): Expected {
  if (past.length === 0) return null;
  const known = lock !== null && isKnown(lock, past);
  const alike = past.filter((timing) => timing.isKnown === known);
  const told = alike.length > 0 ? alike : past;
  const steps = STEP_NAMES.map((name) => [name, median(told.map((each) => each.seconds[name]))]);
  return Object.fromEntries(steps) as Expected;
}

/** Of those that are there; 0 where none is. */
function median(values: readonly (number | undefined)[]): number {
  const sorted = values.filter((value) => value !== undefined).sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (below + above) / 2;
}

/** Seconds a build with these packages takes, or `steps` of it; null without any past. */
export function estimate(
  past: readonly Timing[],
  lock: Lock | null,
  steps: readonly StepName[] = STEP_NAMES,
): number | null {
  const expected = expectedSteps(past, lock);
  return expected && steps.reduce((sum, name) => sum + expected[name], 0);
}

/**
 * Seconds until a build ends that has begun, or until it has done `steps`, at the moment `now`; a step
 * that takes longer is about to end.
 */
export function secondsLeft(
  build: Build,
  past: readonly Timing[],
  now: number,
  steps: readonly StepName[] = STEP_NAMES,
): number | null {
  const expected = expectedSteps(past, build.lock);
  if (expected === null) return null;
  return build.steps.reduce((sum, step) => {
    const { name, status } = step;
    if (!steps.includes(name)) return sum;
    if (status === 'pending') return sum + expected[name];
    if (status !== 'in_progress') return sum;
    const since = awaitedSince(build, step) ?? now;
    return sum + Math.max(0, expected[name] - (now - since) / 1000);
  }, 0);
}

/**
 * Seconds until the last of `waiting` is begun. While anything waits, every slot for builds is taken, so
 * `running`, the seconds that each has left, has one for each slot. Null where nobody is at work, or
 * one of them cannot be told.
 */
export function secondsUntilBegun(
  running: readonly (number | null)[],
  before: readonly (number | null)[],
): number | null {
  const free = running.filter((seconds) => seconds !== null).sort((a, b) => a - b);
  if (free.length === 0 || free.length < running.length) return null;
  for (const seconds of before) {
    const first = free.shift();
    if (seconds === null || first === undefined) return null;
    free.push(first + seconds);
    free.sort((left, right) => left - right);
  }
  return free[0] ?? null;
}

/** The outlook as far as it changes with what happens, and not with every second. */
export function withoutTime(outlook: Outlook | null): Outlook | null {
  return outlook && { ...outlook, seconds: null };
}

export const TIMING: Shape<Timing> = object<Timing>({
  ...{ isKnown: boolean, packages: listOf(string), seconds: mapOf(number) },
});

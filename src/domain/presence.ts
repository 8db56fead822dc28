/** What workers tell of themselves again and again, so that others know who builds, what, and where. */
import type { Platform } from './lock.ts';
import { PLATFORMS } from './platform.ts';
import { boolean, listOf, number, object, oneOf, string } from './shape.ts';

/** A worker as it was when it last told of itself. Times are milliseconds by Redis' clock. */
export interface Presence {
  /** `HOST:PID`: no two workers have the same at a time. */
  id: string;
  host: string;
  /** Of Conda Ferry. */
  version: string;
  platform: Platform;
  /** So many builds at a time, and as many proofs. */
  concurrency: number;
  startedAt: number;
  at: number;
  /** It finishes what it has begun, and takes no more. */
  isDraining: boolean;
  /** It has ended in order. */
  isOver: boolean;
  work: readonly Work[];
}

/** What a worker has begun and not ended. */
export interface Work {
  buildId: string;
  purpose: 'build' | 'verify';
  since: number;
}

/** Workers tell so often, and hear so soon that they are to drain. */
export const PRESENCE_MS = 3_000;
/** Whoever was not heard of for so long has been killed, or cannot reach Redis. */
const GONE_MS = 15_000;
/** After so long a worker is not spoken of any more. */
export const FORGOTTEN_MS = 24 * 3600_000;

export const isPresent = ({ at, isOver }: Presence, now: number): boolean =>
  !isOver && now - at < GONE_MS;

/** Whether it takes what is asked for next. */
export const takesWork = (presence: Presence, now: number): boolean =>
  isPresent(presence, now) && !presence.isDraining;

/**
 * Of the workers of a platform: `there`, one takes work; `away`, one did within a day; `none`, others have told
 * of themselves within a day and none of these; `unknown`, nobody has, as versions that tell nothing.
 */
export function workersFor(
  presences: readonly Presence[],
  platform: Platform,
  now: number,
): 'there' | 'away' | 'none' | 'unknown' {
  if (presences.length === 0) return 'unknown';
  const own = presences.filter((presence) => presence.platform === platform);
  if (own.some((presence) => takesWork(presence, now))) return 'there';
  return own.length > 0 ? 'away' : 'none';
}

const WORK = object<Work>({
  ...{ buildId: string, since: number },
  purpose: oneOf<Work['purpose']>(['build', 'verify']),
});

export const PRESENCE = object<Presence>({
  ...{ id: string, host: string, version: string, concurrency: number },
  platform: oneOf<Platform>(PLATFORMS),
  ...{ startedAt: number, at: number, isDraining: boolean, isOver: boolean },
  work: listOf(WORK),
});

import { type Build, isSettled } from '../../domain/build.ts';
import { platformOfBuild } from '../../domain/edge-platforms.ts';
import {
  estimate,
  IN_SLOT,
  PROOF,
  secondsLeft,
  secondsUntilBegun,
  type Timing,
} from '../../domain/estimate.ts';
import type { Platform } from '../../domain/lock.ts';
import type { QueuedJob } from '../../domain/ports.ts';
import { workersFor } from '../../domain/presence.ts';
import type { Outlooks } from '../../domain/services/outlooks.ts';
import type { ServicePorts } from './ports.ts';

/** A build more or less changes no estimate, so the past is read so seldom; the first one does. */
const REMEMBERED_MS = 15_000;

/** The queue's own order, and how long builds took before. */
export function outlooks({ store, queue, settings, clock }: ServicePorts): Outlooks {
  let known: { at: number; past: Timing[] } | null = null;

  async function readPast(): Promise<Timing[]> {
    const isFresh = known !== null && clock.now() - known.at < REMEMBERED_MS;
    if (known !== null && isFresh && known.past.length > 0) return known.past;
    known = { at: clock.now(), past: await store.readTimings() };
    return known.past;
  }

  /** What a job that waits will take; its packages are not looked at. */
  const wholeOf = ({ purpose }: QueuedJob, past: Timing[]): number | null =>
    estimate(past, null, purpose === 'verify' ? PROOF : IN_SLOT);

  /** What a job that runs has left until its slot is free. */
  async function leftOf(job: QueuedJob, past: Timing[]): Promise<number | null> {
    if (job.purpose === 'verify') return wholeOf(job, past);
    const build = await store.readBuild(job.buildId);
    return build && secondsLeft(build, past, clock.now(), IN_SLOT);
  }

  async function standingOf(platform: Platform) {
    const now = clock.now();
    return workersFor(await store.readPresences(now), platform, now);
  }

  async function waiting(build: Build) {
    const platform = platformOfBuild(build, settings);
    const [{ active, waiting: all }, standing] = await Promise.all([
      queue.order(platform, 'build'),
      standingOf(platform),
    ]);
    const at = all.findIndex(({ buildId, purpose }) => buildId === build.id && purpose === 'build');
    if (at >= 0 && standing !== 'there' && standing !== 'unknown') {
      return { position: at + 1, seconds: null, awaits: platform };
    }
    if (at < 0 || (at === 0 && active.length === 0)) return null;
    const past = await readPast();
    const running = await Promise.all(active.map((job) => leftOf(job, past)));
    const before = all.slice(0, at).map((job) => wholeOf(job, past));
    return { position: at + 1, seconds: secondsUntilBegun(running, before) };
  }

  return {
    async outlook(build) {
      if (isSettled(build) || build.cancelRequested) return null;
      if (build.state === 'queued') return waiting(build);
      return { position: null, seconds: secondsLeft(build, await readPast(), clock.now()) };
    },
    estimate: async (lock) => estimate(await readPast(), lock),
  };
}

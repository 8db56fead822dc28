/** Work for workers. */
import type { Build } from '../build.ts';
import type { Platform } from '../lock.ts';

/** Why a worker is given a build: to make it, or to verify a ready one again. */
export type JobPurpose = 'build' | 'verify';

export interface QueuedJob {
  buildId: string;
  purpose: JobPurpose;
}

/** Work for workers; at-least-once. */
export interface Queue {
  /** The same attempt and purpose twice, while the first is known, is one job. */
  enqueue(build: Build, platform: Platform, purpose: JobPurpose): Promise<void>;
  /** Tells the worker that has the build to stop, if there is one; a build still waiting is taken out. */
  cancel(build: Build, platform: Platform): Promise<{ isAtWork: boolean }>;
  /** Whether a job waits or is worked at, has come to its end, or is not known; a proof that has ended is not. */
  standing(
    build: Build,
    platform: Platform,
    purpose: JobPurpose,
  ): Promise<'queued' | 'over' | 'unknown'>;
  /** Builds or proofs: what is worked at, and what waits, in the order in which workers take it. */
  order(
    platform: Platform,
    purpose: JobPurpose,
  ): Promise<{ active: QueuedJob[]; waiting: QueuedJob[] }>;
  close(): Promise<void>;
}

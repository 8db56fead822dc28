import type { Platform } from './lock.ts';
import type { EnvironmentCount } from './outline.ts';

/** How much there is of everything, at one moment. */
export interface Totals {
  environments: EnvironmentCount;
  /** Known ones, let go or not. */
  revisions: number;
  /** People with at least one environment that is there, and those with as many as they may have. */
  owners: number;
  ownersAtLimit: number;
  openBuilds: number;
  /** Requests that wait for others to approve them. */
  approvals: number;
  /** Messages that are owed. */
  notices: number;
  /** Whether a bot tells of the builds. */
  isLed: boolean;
  queues: QueueTotals[];
  /** Workers that take builds. */
  workers: { platform: Platform; count: number }[];
  /** Bytes that were free there when something was last staged; of others nothing is known. */
  edges: { edge: string; freeBytes: number }[];
}

export interface QueueTotals {
  platform: Platform;
  queue: 'builds' | 'proofs' | 'errands';
  waiting: number;
  active: number;
  /** To be tried again after a pause. */
  delayed: number;
  /** Seconds that the one which waits for longest has waited; 0 where none does. */
  oldestSeconds: number;
}

export interface QueueStanding extends QueueTotals {
  /** The build that waits for longest; null where none does, or it is of no build. */
  oldest: string | null;
}

/** Jobs in memory, as the queue over Redis keeps them, each asked for by calls that others come between. */
import assert from 'node:assert/strict';
import type { Build } from '../../src/domain/build.ts';
import { Cancelled } from '../../src/domain/errors.ts';
import type { JobPurpose, Queue } from '../../src/domain/ports.ts';
import type { Gate } from './driving.ts';

export interface Job {
  buildId: string;
  attempt: number;
  purpose: JobPurpose;
  state: 'waiting' | 'active' | 'over';
  tries: number;
  /** Whose it is while it is active. */
  by: object | null;
}

/** Tries of a job that is thrown back, as the queue over Redis has them. */
const TRIES = 5;

/** Jobs as BullMQ and `createQueue` keep them: an id is taken once, and of a proof that is over nothing is kept. */
export class Jobs {
  readonly jobs = new Map<string, Job>();
  /** Ids that somebody has taken back; the flag outlives the job. */
  readonly flags = new Set<string>();
  readonly #running = new Map<object, { name: string; control: AbortController }>();

  queue(gate: Gate): Queue {
    return {
      enqueue: async ({ id, attempt }, _platform, purpose) => {
        const name = nameOf({ id, attempt }, purpose);
        if (purpose === 'verify') await gate('unflag', () => this.flags.delete(name));
        await gate('enqueue', () => {
          if (this.jobs.has(name)) return;
          const job = { buildId: id, attempt, purpose } as const;
          this.jobs.set(name, { ...job, state: 'waiting', tries: 0, by: null });
        });
      },
      cancel: async (build) => {
        const names = PURPOSES.map((purpose) => nameOf(build, purpose));
        await gate('flag', () => {
          for (const name of names) this.#flag(name);
        });
        const isAtWork = await gate('take out', () => {
          const jobs = names.flatMap((name) => this.jobs.get(name) ?? []);
          for (const job of jobs) if (job.state === 'waiting') this.jobs.delete(nameOfJob(job));
          return jobs.some(({ state }) => state === 'active');
        });
        return { isAtWork };
      },
      standing: (build, _platform, purpose) =>
        gate('standing', () => {
          const job = this.jobs.get(nameOf(build, purpose));
          if (job === undefined) return 'unknown';
          return job.state === 'over' ? 'over' : 'queued';
        }),
      order: async () => ({ active: [], waiting: [] }),
      close: async () => undefined,
    };
  }

  #flag(name: string): void {
    this.flags.add(name);
    for (const run of this.#running.values()) {
      if (run.name === name) run.control.abort(new Cancelled('cancelled'));
    }
  }

  hasWaiting(): boolean {
    return [...this.jobs.values()].some(({ state }) => state === 'waiting');
  }

  take(by: object): { job: Job; signal: AbortSignal } {
    const job = [...this.jobs.values()].find(({ state }) => state === 'waiting');
    assert.ok(job, 'a job waits');
    Object.assign(job, { state: 'active', by });
    const name = nameOfJob(job);
    const control = new AbortController();
    this.#running.set(by, { name, control });
    if (this.flags.has(name)) control.abort(new Cancelled('cancelled'));
    return { job, signal: control.signal };
  }

  /** Whether it has run out of tries. Of a job that is another's by now nothing is said. */
  end(job: Job, by: object, isDone: boolean): boolean {
    this.#running.delete(by);
    if (job.by !== by) return false;
    job.tries += 1;
    const isOver = isDone || job.tries === TRIES;
    Object.assign(job, { state: isOver ? 'over' : 'waiting', by: null });
    if (isOver && job.purpose === 'verify') this.jobs.delete(nameOfJob(job));
    return isOver && !isDone;
  }

  has(by: object): boolean {
    return [...this.jobs.values()].some((job) => job.by === by);
  }

  /** Nobody has heard of its worker for a while: the next one gets it, though the first may live. */
  stall(by: object): void {
    for (const job of this.jobs.values()) {
      if (job.by === by) Object.assign(job, { state: 'waiting', by: null });
    }
  }
}

const PURPOSES: readonly JobPurpose[] = ['build', 'verify'];
const nameOf = ({ id, attempt }: Pick<Build, 'id' | 'attempt'>, purpose: JobPurpose) =>
  `${id}-${attempt}-${purpose}`;
export const jobInWords = (name: string, { state, tries, by }: Job) =>
  `${name} ${state} ${tries} ${by !== null}`;
const nameOfJob = (job: Job) => nameOf({ ...job, id: job.buildId }, job.purpose);

import type { Queue as BullQueue } from 'bullmq';
import type { Build } from '../../domain/build.ts';
import type { Platform } from '../../domain/lock.ts';
import type { JobPurpose, Queue } from '../../domain/ports.ts';
import { isScheduled } from '../../domain/schedule.ts';
import { nextTurn } from '../../domain/turns.ts';
import {
  cancelChannel,
  cancelKey,
  type JobData,
  jobIdOf,
  jobOf,
  jobQueue,
  openJobQueue,
  type Traced,
  turnsKey,
} from './jobs.ts';
import { openLink, type RedisConnection, type RedisLink } from './redis.ts';

const PURPOSES: readonly JobPurpose[] = ['build', 'verify'];

/** A finished job is only kept to recognise its duplicates. */
const KEEP_FINISHED = { age: 7 * 24 * 3600, count: 5_000 };
/** A cancellation outlives every restart a job can go through. */
const CANCELLATION_SECONDS = 7 * 24 * 3600;
/** Whoever waits behind so many needs no place. */
const MOST_ORDERED = 500;
/** Tries of a job whose infrastructure failed: with 5 s doubling, about 75 s in all. */
const RETRY = { attempts: 5, delayMs: 5_000 };
/**
 * What schedules ask for is taken when nobody waits. A turn is a priority of BullMQ's, which takes the
 * lowest number first and knows none above 2^21; jobs without one go before all.
 */
const AFTER_PEOPLE = 2_000_000;

interface Retry {
  attempts: number;
  delayMs: number;
}

/**
 * The sending side. Every call rejects within two seconds with `store-unavailable` or `store-full`
 * when Redis cannot serve it; a rejected `enqueue` is not carried out later.
 */
export function createQueue(
  options: { connection: RedisConnection; prefix: string; retry?: Retry } & Traced,
): Queue {
  const queue = new JobQueue(openLink(options.connection), { retry: RETRY, ...options });
  return {
    enqueue: (build, platform, purpose) => queue.enqueue(build, platform, purpose),
    cancel: (build, platform) => queue.cancel(build, platform),
    standing: (build, platform, purpose) => queue.standing(build, platform, purpose),
    order: (platform, purpose) => queue.order(platform, purpose),
    close: () => queue.close(),
  };
}

class JobQueue implements Queue {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #retry: Retry;
  readonly #traced: Traced;
  readonly #queues = new Map<string, BullQueue<JobData>>();

  constructor(
    link: RedisLink,
    { prefix, retry, ...traced }: { prefix: string; retry: Retry } & Traced,
  ) {
    this.#link = link;
    this.#prefix = prefix;
    this.#retry = retry;
    this.#traced = traced;
  }

  async enqueue(build: Build, platform: Platform, purpose: JobPurpose): Promise<void> {
    const jobId = jobIdOf(build, purpose);
    // A build is made once per attempt, but verified as often as somebody asks: nothing of a
    // finished verification may stand in the way of the next one.
    const isRepeatable = purpose === 'verify';
    const keep = isRepeatable ? true : KEEP_FINISHED;
    if (isRepeatable) await this.#link.call((redis) => redis.del(cancelKey(this.#prefix, jobId)));
    const { user } = build.requester;
    const data = { buildId: build.id, attempt: build.attempt, purpose, user };
    await this.#link.call(async () => {
      const queue = this.#queueOf(platform, purpose);
      return queue.add(purpose, data, {
        jobId,
        priority: takesTurns(build) ? await this.#takeTurn(queue, user) : AFTER_PEOPLE,
        attempts: this.#retry.attempts,
        backoff: { type: 'exponential', delay: this.#retry.delayMs },
        removeOnComplete: keep,
        removeOnFail: keep,
      });
    });
  }

  async cancel(build: Build, platform: Platform): Promise<{ isAtWork: boolean }> {
    const results = await Promise.all(
      PURPOSES.map((purpose) =>
        this.#cancelJob(this.#queueOf(platform, purpose), build, jobIdOf(build, purpose)),
      ),
    );
    return { isAtWork: results.includes(true) };
  }

  async standing(build: Build, platform: Platform, purpose: JobPurpose) {
    const state = await this.#link.call(() =>
      this.#queueOf(platform, purpose).getJobState(jobIdOf(build, purpose)),
    );
    if (state === 'unknown') return state;
    return state === 'completed' || state === 'failed' ? 'over' : 'queued';
  }

  /** BullMQ takes what has no priority first, in the order it came; then by priority. */
  async order(platform: Platform, purpose: JobPurpose) {
    const idsOf = (state: 'active' | 'wait' | 'prioritized') =>
      this.#link.call(() =>
        this.#queueOf(platform, purpose).getRanges([state], 0, MOST_ORDERED, true),
      );
    const [active, waiting, last] = await Promise.all([
      idsOf('active'),
      idsOf('wait'),
      idsOf('prioritized'),
    ]);
    const jobsOf = (ids: readonly string[]) => ids.flatMap((id) => jobOf(id) ?? []);
    return { active: jobsOf(active), waiting: [...jobsOf(waiting), ...jobsOf(last)] };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#link.close();
  }

  /**
   * The flag comes first: a worker that starts the job after it sees the flag, one that started
   * before hears the message, and a job nobody has started is taken out. True when a worker has it.
   */
  async #cancelJob(queue: BullQueue<JobData>, build: Build, jobId: string): Promise<boolean> {
    await this.#link.transaction((commands) =>
      commands
        .set(cancelKey(this.#prefix, jobId), '1', 'EX', CANCELLATION_SECONDS)
        .publish(cancelChannel(this.#prefix), jobId),
    );
    return this.#link.call(async () => {
      const state = await queue.getJobState(jobId);
      if (state === 'active') return true;
      // A finished job stays, so that its duplicates are still recognised.
      if (state !== 'waiting' && state !== 'delayed' && state !== 'prioritized') return false;
      const isRemoved = (await queue.remove(jobId)) === 1;
      if (isRemoved && takesTurns(build)) await this.#giveTurnBack(queue, build.requester.user);
      // A worker took it in this moment.
      return !isRemoved;
    });
  }

  /**
   * The turn of somebody's next job, which is theirs from now on. Which one each was given last is
   * remembered for as long as anybody waits. Two that are enqueued in one moment may share a turn.
   */
  async #takeTurn(queue: BullQueue<JobData>, user: string): Promise<number> {
    const key = turnsKey(this.#prefix, queue.name);
    const redis = this.#link.client;
    const [[first], last] = await Promise.all([
      queue.getJobs(['prioritized'], 0, 0, true),
      redis.hget(key, user),
    ]);
    const current = first && first.priority < AFTER_PEOPLE ? first.priority : null;
    const next = nextTurn({ current, last: last === null ? null : Number(last) });
    const turn = Math.min(next, AFTER_PEOPLE - 1);
    if (current === null) await redis.del(key);
    await redis.hset(key, user, turn);
    return turn;
  }

  async #giveTurnBack(queue: BullQueue<JobData>, user: string): Promise<void> {
    const key = turnsKey(this.#prefix, queue.name);
    const redis = this.#link.client;
    if ((await redis.hexists(key, user)) === 1) await redis.hincrby(key, user, -1);
  }

  #queueOf(platform: Platform, purpose: JobPurpose): BullQueue<JobData> {
    const name = jobQueue(platform, purpose);
    const existing = this.#queues.get(name);
    if (existing) return existing;
    const queue = openJobQueue<JobData>(this.#link.client, this.#prefix, name, this.#traced);
    this.#queues.set(name, queue);
    return queue;
  }
}

/** What schedules ask for takes none; once somebody has said `retry`, they wait for it. */
const takesTurns = (build: Build): boolean => !isScheduled(build) || build.attempt > 1;

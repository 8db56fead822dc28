import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { type JobData, jobQueue, openJobQueue } from '../../../src/adapters/redis/jobs.ts';
import { createQueue } from '../../../src/adapters/redis/queue.ts';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import type { Worker } from '../../../src/adapters/redis/taking.ts';
import { createWorker, type WorkerOptions } from '../../../src/adapters/redis/worker.ts';
import type { Build } from '../../../src/domain/build.ts';
import { Cancelled, FerryError } from '../../../src/domain/errors.ts';
import { createEvents, type EventName } from '../../../src/domain/events.ts';
import type { Queue } from '../../../src/domain/ports.ts';
import { SCHEDULE } from '../../../src/domain/schedule.ts';
import { buildFor } from './builds-fixture.ts';
import { inTwoSeconds, noServer, type RedisServer, startServer } from './fixture.ts';

/** Things that arrive one by one, in the order they came; `next` waits for the one to come. */
class Arrivals<T> {
  private readonly arrived: T[] = [];
  private readonly waiting: ((item: T) => void)[] = [];

  add(item: T): void {
    const waiting = this.waiting.shift();
    if (waiting) waiting(item);
    else this.arrived.push(item);
  }

  async next(): Promise<T> {
    return this.arrived.shift() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  get rest(): readonly T[] {
    return this.arrived;
  }
}

/** A build that a schedule asked for. */
const scheduled = (id: string): Build => {
  const build = buildFor(id);
  return { ...build, requester: { ...build.requester, channel: SCHEDULE } };
};

interface Run {
  job: JobData;
  signal: AbortSignal;
  finish(): void;
  fail(error: unknown): void;
}

/** A worker whose runs are finished by the test; like the pipeline, they end when they are told to. */
interface WorkerUnderTest {
  worker: Worker;
  runs: Arrivals<Run>;
  abandoned: Arrivals<JobData>;
  events: Arrivals<EventName>;
}

const { user } = buildFor('b1').requester;

describe('the queue', { skip: noServer, timeout: 60_000 }, () => {
  let server: RedisServer;
  let prefix: string;
  let closers: (() => Promise<unknown>)[] = [];

  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());
  afterEach(async () => {
    await Promise.all(closers.map((close) => close()));
    closers = [];
  });

  function queueOf(retry?: { attempts: number; delayMs: number }): Queue {
    prefix = randomUUID();
    const queue = createQueue({ connection: server.connection, prefix, ...(retry && { retry }) });
    closers.push(() => queue.close());
    return queue;
  }

  async function workerOf(changes: Partial<WorkerOptions> = {}): Promise<WorkerUnderTest> {
    const runs = new Arrivals<Run>();
    const abandoned = new Arrivals<JobData>();
    const events = new Arrivals<EventName>();
    const worker = createWorker({
      connection: server.connection,
      prefix,
      platform: 'linux-64',
      concurrency: 1,
      lockDurationMs: 1_000,
      stalledIntervalMs: 300,
      stopLimitMs: 500,
      run(job, signal) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => reject(signal.reason));
        if (signal.aborted) reject(signal.reason);
        runs.add({ job, signal, finish: resolve, fail: reject });
        return promise;
      },
      async abandoned(job) {
        abandoned.add(job);
      },
      events: createEvents([({ name }) => events.add(name)]),
      ...changes,
    });
    closers.push(() => worker.close());
    await worker.ready();
    return { worker, runs, abandoned, events };
  }

  async function raw<T>(work: (redis: ReturnType<typeof openRedis>) => Promise<T>): Promise<T> {
    const redis = openRedis(server.connection, 'worker');
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** A worker in a process of its own, and the events it writes. */
  async function workerProcess(): Promise<{ child: ChildProcess; started: Promise<unknown> }> {
    if (!('socketPath' in server.connection)) throw new Error('the fixture has a socket');
    const child = spawn(
      process.execPath,
      [`${import.meta.dirname}/queue-worker.ts`, server.connection.socketPath, prefix],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    closers.push(async () => child.kill('SIGKILL'));
    return { child, started: once(child.stdout, 'data') };
  }

  async function aborted(run: Run): Promise<string> {
    if (!run.signal.aborted) await once(run.signal, 'abort');
    assert.ok(run.signal.reason instanceof Cancelled);
    return run.signal.reason.reason;
  }

  describe('a job', () => {
    it('is run with its build, attempt and purpose', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      await queue.enqueue({ ...buildFor('b1'), attempt: 2 }, 'linux-64', 'build');
      const run = await runs.next();
      assert.deepEqual(run.job, { buildId: 'b1', attempt: 2, purpose: 'build', user });
      run.finish();
    });

    it('of another version is told of, and holds up no other', async () => {
      const queue = queueOf();
      const { runs, events } = await workerOf();
      const redis = openRedis(server.connection, 'worker');
      const other = openJobQueue<object>(redis, prefix, jobQueue('linux-64', 'build'));
      closers.push(async () => {
        await other.close();
        redis.disconnect();
      });
      await other.add('build', { buildId: 7 });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const run = await runs.next();
      assert.equal(run.job.buildId, 'b1');
      assert.equal(await events.next(), 'job-unreadable');
      run.finish();
    });

    it('has a place, which is the order in which workers take them', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('now'), 'linux-64', 'build');
      const running = await runs.next();
      await queue.enqueue(scheduled('last'), 'linux-64', 'build');
      for (const id of ['first', 'gone', 'second']) {
        await queue.enqueue(buildFor(id), 'linux-64', 'build');
      }
      await queue.cancel(buildFor('gone'), 'linux-64');
      const { active, waiting } = await queue.order('linux-64', 'build');
      assert.deepEqual(active, [{ buildId: 'now', purpose: 'build' }]);
      const places = waiting.map(({ buildId, purpose }) => `${buildId} ${purpose}`);
      assert.deepEqual(places, ['first build', 'second build', 'last build']);
      const taken: string[] = [];
      for (let run = running; taken.length < places.length; ) {
        run.finish();
        run = await runs.next();
        taken.push(`${run.job.buildId} ${run.job.purpose}`);
      }
      assert.deepEqual(taken, places);
    });

    it('is begun whatever proofs are waiting for their cluster, and a proof whatever is built', async () => {
      const queue = queueOf();
      const { runs } = await workerOf({ concurrency: 1 });
      await queue.enqueue(buildFor('proven'), 'linux-64', 'verify');
      const proof = await runs.next();
      await queue.enqueue(buildFor('built'), 'linux-64', 'build');
      const build = await runs.next();
      assert.deepEqual([proof.job.purpose, build.job.buildId], ['verify', 'built']);
      proof.finish();
      await queue.enqueue(buildFor('next'), 'linux-64', 'verify');
      const next = await runs.next();
      assert.equal(next.job.buildId, 'next');
      next.finish();
      build.finish();
    });

    it('is run by a worker of its platform only', async () => {
      const queue = queueOf();
      const here = await workerOf();
      const there = await workerOf({ platform: 'linux-aarch64' });
      await queue.enqueue(buildFor('b1'), 'linux-aarch64', 'build');
      (await there.runs.next()).finish();
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const run = await here.runs.next();
      assert.equal(run.job.buildId, 'b2');
      run.finish();
    });

    it('is run once however often it is enqueued: waiting, running or done', async () => {
      const queue = queueOf();
      const build = buildFor('b1');
      const again = () => queue.enqueue(build, 'linux-64', 'build');
      await Promise.all([again(), again(), again()]);
      const { runs } = await workerOf();
      const run = await runs.next();
      await again();
      run.finish();
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      (await runs.next()).finish();
      await again();
      await queue.enqueue(buildFor('b3'), 'linux-64', 'build');
      const last = await runs.next();
      assert.equal(last.job.buildId, 'b3');
      last.finish();
    });

    it('is run again for a new attempt, and for every verification that is asked for', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      const build = buildFor('b1');
      const again = { ...build, attempt: 2 };
      for (const [asked, purpose] of [
        [build, 'build'],
        [again, 'build'],
        [again, 'verify'],
        [again, 'verify'],
      ] as const) {
        await queue.enqueue(asked, 'linux-64', purpose);
        const run = await runs.next();
        assert.equal(run.job.attempt, asked.attempt);
        run.finish();
        await runOther(queue, runs);
      }
    });
  });

  /** One other job from beginning to end: what came before it is recorded by then. */
  async function runOther(queue: Queue, runs: Arrivals<Run>): Promise<void> {
    await queue.enqueue(buildFor(randomUUID()), 'linux-64', 'build');
    (await runs.next()).finish();
  }

  describe('jobs of several people', () => {
    const by = (user: string, id: string): Build => {
      const build = buildFor(id);
      return { ...build, requester: { ...build.requester, user } };
    };

    it('are taken in turns, whoever asked for many first; nobody is overtaken for ever', async () => {
      const queue = queueOf();
      await queue.enqueue(scheduled('schedule'), 'linux-64', 'build');
      for (const id of ['a1', 'a2', 'a3', 'b1', 'a4', 'b2', 'c1']) {
        await queue.enqueue(by(id.slice(0, 1), id), 'linux-64', 'build');
      }
      const { waiting } = await queue.order('linux-64', 'build');
      const { runs } = await workerOf();
      const taken: string[] = [];
      for (let count = 0; count < 9; count += 1) {
        const run = await runs.next();
        taken.push(run.job.buildId);
        // Somebody who comes late has a part in the turn that goes on, and no more.
        if (run.job.buildId === 'a2') await queue.enqueue(by('d', 'd1'), 'linux-64', 'build');
        run.finish();
      }
      assert.deepEqual(taken, ['a1', 'b1', 'c1', 'a2', 'b2', 'd1', 'a3', 'a4', 'schedule']);
      assert.deepEqual(
        waiting.map(({ buildId }) => buildId),
        taken.filter((id) => id !== 'd1'),
      );
    });
  });

  describe('a job that a schedule asked for', () => {
    it('comes after all that people wait for, unless somebody has it tried again', async () => {
      const queue = queueOf();
      await queue.enqueue(scheduled('s1'), 'linux-64', 'build');
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await queue.enqueue({ ...scheduled('s2'), attempt: 2 }, 'linux-64', 'build');
      const { runs } = await workerOf();
      const order: string[] = [];
      for (let count = 0; count < 3; count++) {
        const run = await runs.next();
        order.push(run.job.buildId);
        run.finish();
      }
      assert.deepEqual(order, ['b1', 's2', 's1']);
    });

    it('is taken out by a cancellation while it waits', async () => {
      const queue = queueOf();
      await queue.enqueue(scheduled('s1'), 'linux-64', 'build');
      assert.deepEqual(await queue.cancel(scheduled('s1'), 'linux-64'), { isAtWork: false });
    });
  });

  describe('where a job stands', () => {
    it('is known while it waits, is worked at and is over, and of a proof until it is over', async () => {
      const queue = queueOf({ attempts: 1, delayMs: 1 });
      const { runs } = await workerOf();
      const stands = (purpose: 'build' | 'verify') =>
        queue.standing(buildFor('b1'), 'linux-64', purpose);
      assert.equal(await stands('build'), 'unknown');
      await queue.enqueue(buildFor('b0'), 'linux-64', 'build');
      const first = await runs.next();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      assert.equal(await stands('build'), 'queued');
      first.finish();
      const second = await runs.next();
      assert.equal(await stands('build'), 'queued');
      second.fail(new Error('the disk is away'));
      await runOther(queue, runs);
      assert.equal(await stands('build'), 'over');
      await queue.enqueue(buildFor('b1'), 'linux-64', 'verify');
      const proof = await runs.next();
      assert.equal(await stands('verify'), 'queued');
      proof.finish();
      await queue.enqueue(buildFor('b2'), 'linux-64', 'verify');
      (await runs.next()).finish();
      assert.equal(await stands('verify'), 'unknown');
    });
  });

  describe('a cancellation', () => {
    it('takes a waiting job out', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: false });
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const { runs } = await workerOf();
      const run = await runs.next();
      assert.equal(run.job.buildId, 'b2');
      run.finish();
    });

    it('takes a job out that waits for its next try', async () => {
      const queue = queueOf({ attempts: 3, delayMs: 60_000 });
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      (await runs.next()).fail(new Error('the disk is away'));
      await runOther(queue, runs);
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: false });
    });

    it('reaches the running job, and no other', async () => {
      const queue = queueOf();
      const runs = new Arrivals<Run>();
      await workerOf({
        concurrency: 2,
        // Settling a build takes a moment in which it is still at work.
        run(job, signal) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          runs.add({ job, signal, finish: resolve, fail: reject });
          return promise;
        },
      });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const first = await runs.next();
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const second = await runs.next();
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: true });
      assert.equal(await aborted(first), 'cancelled');
      assert.equal(second.signal.aborted, false);
      first.finish();
      second.finish();
    });

    it('is not repeated once the run has settled the build', async () => {
      const queue = queueOf({ attempts: 3, delayMs: 1 });
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const run = await runs.next();
      await queue.cancel(buildFor('b1'), 'linux-64');
      await aborted(run);
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const next = await runs.next();
      assert.equal(next.job.buildId, 'b2');
      next.finish();
    });

    it('of a job whose worker was killed is seen by the worker that takes over', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const { child, started } = await workerProcess();
      await started;
      child.kill('SIGKILL');
      await once(child, 'exit');
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: true });
      const { runs } = await workerOf();
      assert.equal(await aborted(await runs.next()), 'cancelled');
    });

    it('made while the worker could not hear is seen when it can again', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const run = await runs.next();
      await raw((redis) =>
        redis
          .multi()
          .call('CLIENT', 'KILL', 'TYPE', 'pubsub')
          .set(`${prefix}:cancel:b1-1-build`, '1')
          .exec(),
      );
      assert.equal(await aborted(run), 'cancelled');
    });

    it('after the end changes nothing', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      (await runs.next()).finish();
      await runOther(queue, runs);
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: false });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await queue.enqueue({ ...buildFor('b1'), attempt: 2 }, 'linux-64', 'build');
      const run = await runs.next();
      assert.equal(run.job.attempt, 2);
      assert.equal(run.signal.aborted, false);
      run.finish();
    });

    it('of a verification does not stop the next one', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'verify');
      await queue.cancel(buildFor('b1'), 'linux-64');
      await queue.enqueue(buildFor('b1'), 'linux-64', 'verify');
      const { runs } = await workerOf();
      const run = await runs.next();
      assert.equal(run.signal.aborted, false);
      run.finish();
    });
  });

  describe('a worker that goes away', () => {
    it('is replaced when it is killed: another one takes its job over', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const { child, started } = await workerProcess();
      await started;
      const { runs, events } = await workerOf();
      child.kill('SIGKILL');
      const killedAt = performance.now();
      const run = await runs.next();
      assert.equal(run.job.buildId, 'b1');
      // Lock 1 s, looked for every 0.3 s; the rest is room for a busy machine.
      assert.ok(performance.now() - killedAt < 5_000);
      assert.equal(await events.next(), 'job-taken-over');
      run.finish();
    });

    it('puts its job back on SIGTERM, uses up no try and is gone within ten seconds', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const { child, started } = await workerProcess();
      await started;
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const askedAt = performance.now();
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      assert.equal(code, 0);
      assert.ok(performance.now() - askedAt < 10_000);
      const job = await raw((redis) => redis.hgetall(`${prefix}:queue:linux-64:b1-1-build`));
      assert.equal(job.atm ?? '0', '0', 'attempts made');
      const { runs } = await workerOf();
      const run = await runs.next();
      assert.equal(run.job.buildId, 'b1', 'it was first and stays first');
      run.finish();
      (await runs.next()).finish();
    });

    it('puts a job back whose run does not stop', async () => {
      const queue = queueOf();
      const started = Promise.withResolvers<void>();
      const { worker } = await workerOf({
        run() {
          started.resolve();
          return new Promise(() => {});
        },
      });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await started.promise;
      await worker.close();
      assert.deepEqual(await queue.cancel(buildFor('b1'), 'linux-64'), { isAtWork: false });
    });

    it('is gone in time even while Redis is away', async () => {
      const queue = queueOf();
      const { worker, runs, events } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await runs.next();
      await server.stop();
      try {
        const askedAt = performance.now();
        await worker.close();
        assert.ok(performance.now() - askedAt < 4_000, 'stop limit 0.5 s and farewell 2 s');
        assert.ok(events.rest.length < 5, `an outage is reported, not poured out: ${events.rest}`);
      } finally {
        await server.start();
      }
    });
  });

  describe('Redis going away', () => {
    it('for less than the lock is survived by a running job', async () => {
      const queue = queueOf();
      const { runs } = await workerOf({ lockDurationMs: 20_000 });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const run = await runs.next();
      await server.stop();
      await server.start();
      run.finish();
      await runOther(queue, runs);
      assert.equal(run.signal.aborted, false);
      assert.deepEqual(runs.rest, []);
    });

    it('for longer than the lock stops the run and runs the job again', async () => {
      const queue = queueOf();
      const { runs } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      const run = await runs.next();
      await server.stop();
      // The lock is a key with one second to live; the outage has to be longer than that.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await server.start();
      assert.equal(await aborted(run), 'lock-lost');
      const second = await runs.next();
      assert.equal(second.job.buildId, 'b1');
      assert.equal(second.signal.aborted, false);
      second.finish();
    });

    it('refuses new jobs and cancellations within two seconds and never carries them out', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b0'), 'linux-64', 'build');
      await server.stop();
      try {
        const isUnavailable = (error: unknown) =>
          error instanceof FerryError && error.code === 'store-unavailable' && error.retryable;
        const fresh = createQueue({ connection: server.connection, prefix });
        closers.push(() => fresh.close());
        await inTwoSeconds(() =>
          Promise.all([
            assert.rejects(queue.enqueue(buildFor('b1'), 'linux-64', 'build'), isUnavailable),
            assert.rejects(fresh.enqueue(buildFor('b1'), 'linux-64', 'build'), isUnavailable),
            assert.rejects(queue.cancel(buildFor('b0'), 'linux-64'), isUnavailable),
          ]),
        );
      } finally {
        await server.start();
      }
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      const { runs } = await workerOf();
      const first = await runs.next();
      assert.equal(first.job.buildId, 'b0');
      assert.equal(first.signal.aborted, false);
      first.finish();
      const second = await runs.next();
      assert.equal(second.job.buildId, 'b2');
      second.finish();
    });

    it('is said as store-full when it has no memory left', async () => {
      const queue = queueOf();
      const limitMemory = (limit: string) =>
        raw((redis) => redis.config('SET', 'maxmemory', limit));
      await limitMemory('1');
      try {
        await assert.rejects(
          queue.enqueue(buildFor('b1'), 'linux-64', 'build'),
          (error) => error instanceof FerryError && error.code === 'store-full',
        );
      } finally {
        await limitMemory('0');
      }
      const { runs } = await workerOf();
      await runOther(queue, runs);
    });
  });

  describe('a job that cannot be done', () => {
    it('is tried again a bounded number of times, then given to `abandoned` once', async () => {
      const queue = queueOf({ attempts: 3, delayMs: 10 });
      const { runs, abandoned } = await workerOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        (await runs.next()).fail(new Error('the store is away'));
      }
      assert.deepEqual(await abandoned.next(), {
        buildId: 'b1',
        attempt: 1,
        purpose: 'build',
        user,
      });
      await runOther(queue, runs);
      assert.deepEqual([runs.rest, abandoned.rest], [[], []]);
    });

    it('is not started any more when it has brought down ten workers', async () => {
      const queue = queueOf();
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await raw((redis) => redis.hset(`${prefix}:queue:linux-64:b1-1-build`, 'ats', '10'));
      const { runs, abandoned } = await workerOf();
      assert.equal((await abandoned.next()).buildId, 'b1');
      assert.deepEqual(runs.rest, []);
    });
  });
});

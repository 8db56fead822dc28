import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createQueue } from '../../src/adapters/redis/queue.ts';
import { createStore } from '../../src/adapters/redis/store.ts';
import { createWorker } from '../../src/adapters/redis/worker.ts';
import { type Build, isSettled, newBuild } from '../../src/domain/build.ts';
import { outsideError } from '../../src/domain/errors.ts';
import { createEvents } from '../../src/domain/events.ts';
import type { JobPurpose, Queue } from '../../src/domain/ports.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { Outcome } from '../../src/domain/subscription.ts';
import { announce } from '../../src/pipeline/announce.ts';
import { carryOutCancel } from '../../src/pipeline/cancelling.ts';
import { BuildRun } from '../../src/pipeline/context.ts';
import { reconcile } from '../../src/pipeline/reconciling.ts';
import { abandonBuild, runBuild, runProof } from '../../src/pipeline/run.ts';
import { noServer, startServer } from '../adapters/redis/fixture.ts';
import { createLoneWorld, type World } from './world.ts';

const ANA = { user: 'U1', channel: 'C1', team: null };
const never = new AbortController().signal;

interface Job {
  buildId: string;
  attempt: number;
  purpose: JobPurpose;
  state: 'waiting' | 'active' | 'over';
}

/** Jobs as the queue of builds keeps them: an id is taken once, and of a proof that is over nothing is kept. */
class Jobs {
  /** Those whose worker was told to stop. */
  readonly told: string[] = [];
  readonly #jobs = new Map<string, Job>();

  readonly queue: Pick<Queue, 'enqueue' | 'cancel' | 'standing'> = {
    enqueue: async ({ id, attempt }, _platform, purpose) => {
      const name = `${id}-${attempt}-${purpose}`;
      if (this.#jobs.has(name)) return;
      this.#jobs.set(name, { buildId: id, attempt, purpose, state: 'waiting' });
    },
    cancel: async (build) => {
      let isAtWork = false;
      for (const purpose of ['build', 'verify'] as const) {
        const name = nameOf(build, purpose);
        const job = this.#jobs.get(name);
        if (job?.state === 'active') {
          isAtWork = true;
          this.told.push(name);
        }
        if (job?.state === 'waiting') this.#jobs.delete(name);
      }
      return { isAtWork };
    },
    standing: async (build, _platform, purpose) => {
      const job = this.#jobs.get(nameOf(build, purpose));
      if (job === undefined) return 'unknown';
      return job.state === 'over' ? 'over' : 'queued';
    },
  };

  next(): Job | undefined {
    return [...this.#jobs.values()].find(({ state }) => state === 'waiting');
  }

  end(job: Job): void {
    job.state = 'over';
    if (job.purpose === 'verify') this.#jobs.delete(nameOf({ ...job, id: job.buildId }, 'verify'));
  }

  lose(): void {
    this.#jobs.clear();
  }
}

const nameOf = ({ id, attempt }: Pick<Build, 'id' | 'attempt'>, purpose: JobPurpose) =>
  `${id}-${attempt}-${purpose}`;

interface Subject extends Omit<World, 'work'> {
  jobs: Jobs;
  log: string[];
  /** A worker takes the next job and does it to its end; false when there is none. */
  work(): Promise<boolean>;
  /** What is done again and again until nothing is left to do. */
  settleAll(): Promise<void>;
}

function createSubject(): Subject {
  const world = createLoneWorld();
  const jobs = new Jobs();
  const log: string[] = [];
  const outcomes: Outcome[] = ['ready', 'failed', 'cancelled'];
  const subscription = { environment: 'churn', owner: null, edge: null, channel: null, outcomes };
  world.store.subscriptions.set('U9', { ...subscription, user: 'U9', at: 1 });
  Object.assign(world.queue, jobs.queue);
  const work = async () => {
    const job = jobs.next();
    if (job === undefined) return false;
    job.state = 'active';
    await (job.purpose === 'verify' ? runProof : runBuild)(world.ports, job, never);
    jobs.end(job);
    return true;
  };
  return {
    ...world,
    ...{ jobs, log, work },
    async settleAll() {
      for (let round = 0; round < 5; round += 1) {
        await reconcile(world.ports, { signal: never, log: (line) => log.push(line) });
        while (await work());
      }
    },
  };
}

/** Calls of store and queue that a process makes before it is killed at the next one. */
function killAfter(
  { store, queue }: Subject,
  calls: number,
): { died: Promise<void>; undo(): void } {
  let left = calls;
  const { promise: died, resolve } = Promise.withResolvers<void>();
  const undos = [store, queue].flatMap((port) =>
    METHODS.filter((name) => name in port).map((name) => {
      const target = port as unknown as Record<string, (...words: unknown[]) => Promise<unknown>>;
      const own = Object.getOwnPropertyDescriptor(target, name);
      const call = target[name]?.bind(target);
      target[name] = (...words) => {
        left -= 1;
        if (left >= 0) return call?.(...words) ?? Promise.resolve();
        resolve();
        return new Promise(() => {});
      };
      return () => {
        if (own) Object.defineProperty(target, name, own);
        else delete target[name];
      };
    }),
  );
  return {
    died,
    undo() {
      for (const undo of undos) undo();
    },
  };
}

/** All that changes something, and what is read in between. */
const METHODS = [
  ...['beginBuild', 'beginAgain', 'readBuild', 'updateBuild', 'closeBuild', 'buildAtWork'],
  ...['claimEnvironment', 'readEnvironment', 'updateEnvironment', 'listBuilds', 'writeCheckpoint'],
  ...['addNotice', 'readSubscriptions', 'addTiming', 'enqueue', 'cancel', 'standing'],
];

const create = async ({ services }: Subject) => (await services.create(REQUEST, ANA)).build;

const REQUEST: BuildRequest = {
  environment: 'churn',
  specs: [{ name: 'numpy', version: null, build: null, channel: null }],
  ...{ pip: [], channels: [], projects: [], edges: [], force: false },
  ...{ layout: 'local', format: 'auto', packer: 'segments' },
};

async function createReady(subject: Subject): Promise<Build> {
  await create(subject);
  await subject.work();
  return subject.newest('churn');
}

async function createFailed(subject: Subject): Promise<Build> {
  const { id, attempt } = await create(subject);
  subject.jobs.lose();
  await abandonBuild(subject.ports, { buildId: id, attempt }, new Error('gone'));
  return subject.newest('churn');
}

/** What somebody does and is killed in, from what is there, and what must have come of it in the end. */
const DEEDS: Readonly<
  Record<
    string,
    {
      before(subject: Subject): Promise<Build | null>;
      act(subject: Subject, build: Build | null): Promise<unknown>;
      /** Of the build as it was when the process was killed: how it must end. */
      ends(then: Build): Build['state'];
    }
  >
> = {
  create: {
    before: async () => null,
    act: (subject) => create(subject),
    ends: () => 'ready',
  },
  retry: {
    before: createFailed,
    act: ({ services }, build) => services.retry(build as Build, ANA),
    ends: ({ attempt }) => (attempt === 2 ? 'ready' : 'failed'),
  },
  'cancel of one that waits': {
    before: create,
    act: ({ services }, build) => services.cancel(build as Build, ANA),
    ends: ({ cancelRequested }) => (cancelRequested ? 'cancelled' : 'ready'),
  },
  'cancel of one whose job was lost': {
    before: async (subject) => {
      const build = await create(subject);
      subject.jobs.lose();
      return build;
    },
    act: ({ services }, build) => services.cancel(build as Build, ANA),
    ends: ({ cancelRequested }) => (cancelRequested ? 'cancelled' : 'ready'),
  },
  verify: {
    before: createReady,
    act: ({ services }, build) => services.verify(build as Build, ANA),
    ends: () => 'ready',
  },
  'a worker that settles it, and whose job is lost': {
    before: create,
    act: async (subject) => {
      await subject.work();
    },
    ends: () => 'ready',
  },
  'a worker that gives it up': {
    before: async (subject) => {
      const build = await create(subject);
      const job = subject.jobs.next();
      if (job) subject.jobs.end(job);
      return build;
    },
    act: ({ ports }, build) =>
      abandonBuild(ports, { buildId: build?.id ?? '', attempt: 1 }, new Error('stalled')),
    ends: () => 'failed',
  },
};

describe('what is recorded is done', () => {
  for (const [name, { before, act, ends }] of Object.entries(DEEDS)) {
    test(`${name}: wherever it is killed, the build ends once, and who it is for is told`, async () => {
      for (let calls = 0; ; calls += 1) {
        const subject = createSubject();
        const build = await before(subject);
        const kill = killAfter(subject, calls);
        const done = await Promise.race([
          act(subject, build).then(() => true),
          kill.died.then(() => false),
        ]);
        kill.undo();
        const [then] = await subject.store.listBuilds({ limit: 9 });
        // What its worker had is nobody's: the worst that can become of a job.
        if (name.startsWith('a worker that settles')) subject.jobs.lose();
        await subject.settleAll();

        const at = `${name}, killed after ${calls} calls: ${subject.log}`;
        const builds = await subject.store.listBuilds({ limit: 9 });
        if (then) {
          const [only] = builds;
          assert.equal(builds.length, 1, at);
          assert.equal(only?.state, ends(then), at);
          assert.equal(only?.verifying, false, at);
          if (only?.state !== 'cancelled') {
            assert.ok(isTold(subject, `${only?.id}.${only?.attempt}.thread`), at);
          }
          assert.ok(isTold(subject, `heard.${only?.id}.${only?.attempt}.U9`), at);
        }
        assert.equal(await subject.store.buildAtWork('churn'), null, at);
        assert.deepEqual(await subject.store.openBuilds(), [], at);
        if (done) {
          assert.ok(calls > 2, `${name} makes calls to be killed between`);
          break;
        }
      }
    });
  }

  for (const purpose of ['build', 'verify'] as const) {
    test(`what follows its last step is left to the worker that is at it: ${purpose}`, async () => {
      const subject = createSubject();
      const build = await create(subject);
      const made = subject.jobs.next();
      assert.ok(made);
      if (purpose === 'verify') {
        subject.jobs.end(made);
        await subject.queue.enqueue(build, 'linux-64', 'verify');
      }
      const job = subject.jobs.next();
      assert.equal(job?.purpose, purpose);
      if (job) job.state = 'active';
      await subject.store.updateBuild(build.id, (current) => ({
        ...current,
        state: 'running',
        steps: current.steps.map((step) => ({ ...step, status: 'complete' })),
      }));
      await subject.settleAll();
      assert.equal(isSettled(await subject.newest('churn')), false, 'its worker settles it');
      assert.equal(subject.jobs.next(), undefined);
    });
  }

  test('one whose job is over blames no build host alone: Redis may have been full until then', async () => {
    const subject = createSubject();
    await create(subject);
    const job = subject.jobs.next();
    assert.ok(job);
    subject.jobs.end(job);
    await subject.settleAll();
    const { state, failure } = await subject.newest('churn');
    assert.deepEqual([state, failure?.code, failure?.retryable], ['failed', 'abandoned', true]);
    assert.match(failure?.message ?? '', /^This build was given up .*or Redis was full or away\.$/);
  });

  test('a worker that was not told of a cancellation is told', async () => {
    const subject = createSubject();
    const { id } = await create(subject);
    const job = subject.jobs.next();
    assert.ok(job);
    job.state = 'active';
    const cancelRequested = { user: 'U1', at: 1 };
    await subject.store.updateBuild(id, (build) => ({ ...build, cancelRequested }));
    await subject.settleAll();
    assert.equal(isSettled(await subject.newest('churn')), false, 'its worker settles it');
    assert.deepEqual(new Set(subject.jobs.told), new Set([`${id}-1-build`]));
  });

  test('a cancellation that is too late keeps nobody from hearing how the build ended', async () => {
    const subject = createSubject();
    const before = await create(subject);
    subject.jobs.lose();
    await subject.store.updateBuild(before.id, (build) => ({ ...build, state: 'ready' }));
    await carryOutCancel(subject.ports, before);
    await subject.settleAll();
    assert.ok(isTold(subject, `${before.id}.1.thread`));
  });

  test('nor what is verified later', async () => {
    const subject = createSubject();
    const { id } = await createReady(subject);
    const cancelRequested = { user: 'U1', at: 1 };
    await subject.store.updateBuild(id, (build) => ({
      ...build,
      cancelRequested,
      verifying: true,
    }));
    await subject.settleAll();
    assert.equal((await subject.newest('churn')).verifying, false);
  });

  test('that an attempt was told late keeps nobody from hearing how the next one ended', async () => {
    const subject = createSubject();
    const failed = await createFailed(subject);
    await subject.services.retry(failed, ANA);
    // Whoever makes it is killed between its end and what is told of it.
    await subject.store.updateBuild(failed.id, (build) => ({ ...build, state: 'ready' }));
    subject.jobs.lose();
    await announce(new BuildRun(subject.ports, failed, never));
    await subject.settleAll();
    assert.ok(isTold(subject, `${failed.id}.2.thread`));
    assert.deepEqual(await subject.store.openBuilds(), []);
  });

  test('that it is verified keeps nobody from hearing that it is ready, though nobody was told before', async () => {
    const subject = createSubject();
    const { id } = await create(subject);
    subject.jobs.lose();
    await subject.store.updateBuild(id, (build) => ({ ...build, state: 'ready' }));
    await subject.services.verify(await subject.newest('churn'), ANA);
    await subject.settleAll();
    assert.ok(isTold(subject, `${id}.1.thread`));
    assert.deepEqual(await subject.store.openBuilds(), []);
  });

  test('who subscribes to a build that is told hears nothing of it when it is verified', async () => {
    const subject = createSubject();
    const { id } = await createReady(subject);
    const [known] = subject.store.subscriptions.values();
    assert.ok(known);
    subject.store.subscriptions.set('U8', { ...known, user: 'U8' });
    await subject.services.verify(await subject.newest('churn'), ANA);
    await subject.settleAll();
    const isHeard = (user: string) => isTold(subject, `heard.${id}.1.${user}`);
    assert.deepEqual([isHeard('U9'), isHeard('U8')], [true, false]);
  });

  test('a build that is at work or waits is left alone', async () => {
    const subject = createSubject();
    await create(subject);
    const before = JSON.stringify([...subject.store.builds]);
    await reconcile(subject.ports, { signal: never, log: (line) => subject.log.push(line) });
    assert.deepEqual([subject.log, JSON.stringify([...subject.store.builds])], [[], before]);
  });

  test('the build of another platform is that platform’s to look after', async () => {
    const subject = createSubject();
    const { id } = await create(subject);
    await subject.store.updateBuild(id, (build) => ({ ...build, platform: 'linux-aarch64' }));
    subject.jobs.lose();
    await subject.settleAll();
    assert.equal(isSettled(await subject.newest('churn')), false);
  });

  test('one that cannot be read keeps no other from it', async () => {
    const subject = createSubject();
    const { id } = await create(subject);
    subject.jobs.lose();
    const { readBuild } = subject.store;
    subject.store.openBuilds = async () => ['unreadable', id];
    subject.store.readBuild = async (asked) => {
      if (asked === 'unreadable') throw new Error('of a newer version');
      return readBuild.call(subject.store, asked);
    };
    await subject.settleAll();
    assert.equal((await subject.newest('churn')).state, 'ready');
    assert.match(subject.log.join('\n'), /build unreadable could not be looked after/);
  });
});

describe('what is recorded is done, over Redis', { skip: noServer, timeout: 60_000 }, () => {
  test('where its job was never queued, and where its worker gave up and could not say so', async () => {
    const server = await startServer();
    const { connection } = server;
    const prefix = 'ferry';
    const store = createStore({ connection, prefix });
    const queue = createQueue({ connection, prefix, retry: { attempts: 1, delayMs: 1 } });
    const { ports } = createLoneWorld();
    const round = () =>
      reconcile({ ...ports, store, queue }, { signal: never, log: () => undefined });
    const given = Promise.withResolvers<string>();
    const refused = Promise.withResolvers<void>();
    const worker = createWorker({
      ...{ connection, prefix, platform: 'linux-64', concurrency: 1 },
      run: async ({ buildId }) => {
        given.resolve(buildId);
        throw new Error('the disk is away');
      },
      abandoned: async () => {
        throw outsideError({ code: 'store-full', message: 'Redis is full.', retryable: true });
      },
      events: createEvents([({ name }) => name === 'worker-troubled' && refused.resolve()]),
    });
    try {
      await store.beginBuild(newBuild({ id: 'b1', request: REQUEST, requester: ANA, now: 1 }));
      await round();
      assert.equal(await given.promise, 'b1');
      await refused.promise;
      assert.equal((await store.buildAtWork('churn'))?.id, 'b1', 'nobody has settled it');
      await round();
      const build = await store.readBuild('b1');
      assert.deepEqual([build?.state, build?.failure?.code], ['failed', 'abandoned']);
      assert.deepEqual([await store.buildAtWork('churn'), await store.openBuilds()], [null, []]);
      const notices = await store.dueNotices(9);
      assert.equal(notices.length, 2, 'in the thread and, as it took so long, directly');
    } finally {
      await worker.close();
      await queue.close();
      await store.close();
      await server.remove();
    }
  });
});

const isTold = ({ store }: Subject, id: string) => store.notices.has(id) || store.settled.has(id);

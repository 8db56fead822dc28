import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { createErrandWorker } from '../../../src/adapters/redis/errand-worker.ts';
import { createErrands } from '../../../src/adapters/redis/errands.ts';
import { createQueue } from '../../../src/adapters/redis/queue.ts';
import { openRedis } from '../../../src/adapters/redis/redis.ts';
import type { Worker } from '../../../src/adapters/redis/taking.ts';
import { createWorker } from '../../../src/adapters/redis/worker.ts';
import type { Answered, Errand, ErrandOptions, Errands } from '../../../src/domain/errands.ts';
import { Cancelled, FerryError, outsideError, userError } from '../../../src/domain/errors.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { sendError } from '../../../src/domain/sent-error.ts';
import { buildFor } from './builds-fixture.ts';
import { inTwoSeconds, noServer, type RedisServer, startServer } from './fixture.ts';

const requestOf = (environment: string) => buildFor('b1', { environment }).request;

/** All that is asked for here are plans. */
const asked = (errand: Errand) => (errand as Errand<'plan'>).asked.request;

/** A plan whose fingerprint says which errand it answers. */
const planOf = (errand: Errand): Plan => ({
  request: asked(errand),
  engine: 'py-rattler 0',
  lock: { platform: 'linux-64', packages: [] },
  projects: [],
  notes: [],
  format: 'zip',
  fingerprint: errand.id,
  before: null,
  staged: null,
});

const answering = async (errand: Errand): Promise<Answered> => ({ answer: planOf(errand) });

/** Never ends of itself, as a solve that takes long. */
const working = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

const hasCode = (code: string) => (error: unknown) =>
  error instanceof FerryError && error.code === code;

describe('errands', { skip: noServer, timeout: 60_000 }, () => {
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

  function askerOf({ fresh = true } = {}): Errands {
    if (fresh) prefix = randomUUID();
    const errands = createErrands({ connection: server.connection, prefix });
    closers.push(() => errands.close());
    return errands;
  }

  async function workerOf(
    run: (errand: Errand, signal: AbortSignal) => Promise<Answered> = answering,
  ): Promise<{ worker: Worker; begun: string[] }> {
    const begun: string[] = [];
    const worker = createErrandWorker({
      ...{ connection: server.connection, prefix, platform: 'linux-64' },
      ...{ lockDurationMs: 1_000, stalledIntervalMs: 300, stopLimitMs: 500 },
      run(errand, signal) {
        begun.push(asked(errand).environment);
        return run(errand, signal);
      },
    });
    closers.push(() => worker.close());
    await worker.ready();
    return { worker, begun };
  }

  const ask = (errands: Errands, name = 'churn', options: Partial<ErrandOptions> = {}) =>
    errands.ask(
      'plan',
      { request: requestOf(name) },
      { platform: 'linux-64', waitMs: 120_000, ...options },
    );

  async function raw<T>(work: (redis: ReturnType<typeof openRedis>) => Promise<T>): Promise<T> {
    const redis = openRedis(server.connection, 'worker');
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** The only errand there is, once it is in the queue. */
  async function idOfWaiting(): Promise<string> {
    for (;;) {
      const [id] = await raw((redis) =>
        redis.lrange(`${prefix}:queue:linux-64-errands:wait`, 0, 0),
      );
      if (id !== undefined) return id;
    }
  }

  describe('an errand', () => {
    it('is answered while a build has every slot', async () => {
      const errands = askerOf();
      const queue = createQueue({ connection: server.connection, prefix });
      const started = Promise.withResolvers<void>();
      const builder = createWorker({
        ...{ connection: server.connection, prefix, platform: 'linux-64', concurrency: 1 },
        async run(_job, signal) {
          started.resolve();
          await working(signal);
        },
        async abandoned() {},
      });
      closers.push(async () => {
        await builder.close();
        await queue.close();
      });
      await queue.enqueue(buildFor('b1'), 'linux-64', 'build');
      await queue.enqueue(buildFor('b2'), 'linux-64', 'build');
      await started.promise;
      await workerOf();
      assert.deepEqual((await ask(errands)).request, requestOf('churn'));
    });

    it('of another platform is for its workers', async () => {
      const errands = askerOf();
      const { begun } = await workerOf();
      const other = ask(errands, 'other', { platform: 'linux-aarch64', waitMs: 300 });
      await assert.rejects(other, hasCode('errand-unanswered'));
      await ask(errands);
      assert.deepEqual(begun, ['churn']);
    });

    it('of one bot is not answered to another, though they ask the same', async () => {
      const [first, second] = [askerOf(), askerOf({ fresh: false })];
      await workerOf();
      const plans = await Promise.all([ask(first), ask(second), ask(first)]);
      assert.equal(new Set(plans.map(({ fingerprint }) => fingerprint)).size, 3);
    });

    it('that is refused says all that the worker said', async () => {
      const errands = askerOf();
      const error = userError({
        code: 'package-not-found',
        message: ['No such package, says ', { person: 'U1' }],
        suggestion: 'Take numpy.',
        repairs: [{ label: 'Build numpy', command: 'create churn numpy' }],
        others: [userError({ code: 'bad-spec', message: 'Nor such a version.' })],
      });
      await workerOf(async () => ({ error: sendError(error, (text) => text) }));
      await assert.rejects(ask(errands), (received: FerryError) => {
        assert.deepEqual({ ...received }, { ...error, others: received.others });
        assert.deepEqual({ ...received.others[0] }, { ...error.others[0] });
        return true;
      });
    });

    it('is answered though the word of it was lost', async () => {
      const errands = askerOf();
      const asked = ask(errands);
      const id = await idOfWaiting();
      const answer = planOf({ id: 'e0', kind: 'plan', asked: { request: requestOf('other') } });
      await raw((redis) =>
        redis
          .multi()
          .set(`${prefix}:errand:${id}:answer`, JSON.stringify({ answer }))
          .call('CLIENT', 'KILL', 'TYPE', 'pubsub')
          .exec(),
      );
      assert.deepEqual(await asked, answer);
    });

    for (const [what, answered, why] of [
      ['no JSON', '{"answer":', /it is not JSON/],
      ['no plan', '{"answer":{"request":{}}}', /answer\.request\.environment is missing, not text/],
      [
        'no error',
        '{"error":{"kind":"bad"}}',
        /error\.kind is text, not user or outside or defect/,
      ],
    ] as const) {
      it(`is refused at once when its answer is ${what}`, async () => {
        const errands = askerOf();
        const refused = assert.rejects(ask(errands), { code: 'errand-unreadable', message: why });
        const id = await idOfWaiting();
        await raw((redis) =>
          redis
            .multi()
            .set(`${prefix}:errand:${id}:answer`, answered)
            .call('CLIENT', 'KILL', 'TYPE', 'pubsub')
            .exec(),
        );
        await refused;
      });
    }

    it('leaves nothing behind but an answer that is forgotten in minutes', async () => {
      const errands = askerOf();
      const { worker } = await workerOf();
      await ask(errands);
      await worker.close();
      const left = await raw(async (redis) => {
        const keys = await redis.keys(`${prefix}:*`);
        return Promise.all(keys.map(async (key) => ({ key, seconds: await redis.ttl(key) })));
      });
      const ofErrands = left.filter(({ key }) => /:errand:|-errands:e[0-9a-f]{16}/.test(key));
      assert.match(ofErrands.map(({ key }) => key).join(), /^[^,]+:errand:e[0-9a-f]+:answer$/);
      assert.ok(ofErrands.every(({ seconds }) => seconds > 0 && seconds <= 300));
    });
  });

  describe('an errand that nobody waits for', () => {
    it('is told as unanswered, and not begun later', async () => {
      const errands = askerOf();
      await assert.rejects(ask(errands, 'late', { waitMs: 200 }), hasCode('errand-unanswered'));
      const { begun } = await workerOf();
      await ask(errands);
      assert.deepEqual(begun, ['churn']);
    });

    it('is stopped when the time is up', async () => {
      const errands = askerOf();
      const stopped = Promise.withResolvers<unknown>();
      await workerOf((_errand, signal) => {
        signal.addEventListener('abort', () => stopped.resolve(signal.reason));
        return working(signal);
      });
      await assert.rejects(ask(errands, 'slow', { waitMs: 500 }), hasCode('errand-unanswered'));
      assert.ok((await stopped.promise) instanceof Cancelled);
    });

    it('because its bot is gone is dropped by the clock of Redis', async () => {
      const errands = askerOf();
      const abandoned = ask(errands, 'gone', { waitMs: 30_000 });
      const id = await idOfWaiting();
      const left = await raw((redis) => redis.pttl(`${prefix}:errand:${id}:wanted`));
      assert.ok(left > 0 && left <= 30_000);
      await raw((redis) => redis.del(`${prefix}:errand:${id}:wanted`));
      const { begun } = await workerOf();
      await ask(errands);
      assert.deepEqual(begun, ['churn']);
      await Promise.all([assert.rejects(abandoned), errands.close()]);
    });

    it('because it was taken back is stopped, and rejects with the reason', async () => {
      const errands = askerOf();
      const control = new AbortController();
      const begun = Promise.withResolvers<AbortSignal>();
      await workerOf((_errand, signal) => {
        begun.resolve(signal);
        return working(signal);
      });
      const asked = ask(errands, 'churn', { signal: control.signal });
      const signal = await begun.promise;
      const reason = new Error('changed my mind');
      const stopped = once(signal, 'abort');
      control.abort(reason);
      await assert.rejects(asked, reason);
      await stopped;
    });

    it('because its bot closes is taken back', async () => {
      const errands = askerOf();
      const asked = ask(errands);
      await idOfWaiting();
      await Promise.all([assert.rejects(asked, Cancelled), errands.close()]);
      const left = await raw((redis) => redis.keys(`${prefix}:errand:*`));
      assert.deepEqual(left, []);
    });
  });

  describe('a worker that goes away', () => {
    it('in order puts its errand back, and another one answers', async () => {
      const errands = askerOf();
      const begun = Promise.withResolvers<void>();
      const { worker } = await workerOf((_errand, signal) => {
        begun.resolve();
        return working(signal);
      });
      const asked = ask(errands);
      await begun.promise;
      await worker.close();
      await workerOf();
      assert.deepEqual((await asked).request, requestOf('churn'));
    });

    it('for the tenth time with the same errand is an answer', async () => {
      const errands = askerOf();
      const asked = ask(errands);
      const id = await idOfWaiting();
      await raw((redis) => redis.hset(`${prefix}:queue:linux-64-errands:${id}`, 'ats', '10'));
      const { begun } = await workerOf();
      await assert.rejects(asked, hasCode('abandoned'));
      assert.deepEqual(begun, []);
    });
  });

  describe('Redis going away', () => {
    it('is told within two seconds, and nothing is done later', async () => {
      const errands = askerOf();
      await server.stop();
      try {
        await inTwoSeconds(() =>
          assert.rejects(ask(errands, 'away'), hasCode('store-unavailable')),
        );
      } finally {
        await server.start();
      }
      const { begun } = await workerOf();
      await ask(errands);
      assert.deepEqual(begun, ['churn']);
    });

    it('for a moment, while the errand is done, does not lose the answer', async () => {
      const errands = askerOf();
      await workerOf(async (errand) => {
        await server.stop();
        await server.start();
        return answering(errand);
      });
      assert.deepEqual((await ask(errands)).request, requestOf('churn'));
    });

    it('for the handler alone has the errand done again', async () => {
      const errands = askerOf();
      let times = 0;
      await workerOf(async (errand) => {
        times += 1;
        if (times > 1) return answering(errand);
        throw outsideError({ code: 'store-unavailable', message: 'away' });
      });
      await ask(errands);
      assert.equal(times, 2);
    });
  });

  it('of another version are refused, and whoever asked is told', async () => {
    const errands = askerOf();
    const { begun } = await workerOf();
    const ask = (kind: string, asked: object) =>
      errands.ask(kind as 'plan', asked as never, { platform: 'linux-64', waitMs: 20_000 });
    await assert.rejects(ask('plan', { request: 7 }), {
      code: 'errand-unreadable',
      message: /asked\.request is a number/,
    });
    await assert.rejects(ask('fly', {}), { code: 'errand-unreadable', message: /kind is/ });
    const { request } = buildFor('b1', { environment: 'churn' });
    await ask('plan', { request });
    assert.deepEqual(begun, ['churn']);
  });
});

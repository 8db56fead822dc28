import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FerryError, outsideError } from '../../src/domain/errors.ts';
import { createEvents } from '../../src/domain/events.ts';
import type { Queue } from '../../src/domain/ports.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { build, environment, revision, settings } from '../answers/samples.ts';
import { createMemory, MemoryErrands, MemoryStore } from '../slack/memory.ts';
import { locked } from './world.ts';

const [OPERATOR = ''] = settings.operators;
const by = (user: string) => ({ user, channel: 'C1', team: null });
const { request } = build('queued');
const other: BuildRequest = { ...request, layout: 'global' };

/** Services over a store in memory, at a time that a test moves. */
function world(change: Partial<Queue> = {}) {
  const store = new MemoryStore();
  const enqueued: string[] = [];
  const clock = { at: 1_000, now: () => clock.at };
  let ids = 0;
  const services = createServices({
    ...{ store, clock, settings, events: createEvents([]) },
    queue: {
      enqueue: async ({ id, attempt }, _platform, purpose) => {
        enqueued.push(`${id} ${attempt} ${purpose}`);
      },
      cancel: async () => ({ isAtWork: true }),
      standing: async () => 'queued',
      order: async () => ({ active: [], waiting: [] }),
      close: async () => undefined,
      ...change,
    },
    errands: new MemoryErrands(),
    newId: () => `build${++ids}`,
  });
  return { store, services, enqueued, clock };
}

const away = async () => {
  throw outsideError({ code: 'store-unavailable', message: 'Redis is away.', retryable: true });
};

describe('create', () => {
  test('records a build at the default edge and hands it to a worker', async () => {
    const { services, store, enqueued } = world();
    const { build: made, joined } = await services.create(request, by('U1'));
    assert.deepEqual([made.state, made.request.edges, joined], ['queued', ['lab'], false]);
    assert.equal(made.verifying, false);
    assert.deepEqual(enqueued, ['build1 1 build']);
    assert.deepEqual(await store.readBuild('build1'), made);
  });

  test('joins the same request that is at work, and refuses another one', async () => {
    const { services, store, enqueued } = world();
    await services.create(request, by('U1'));
    const again = await services.create(request, by('U2'));
    assert.deepEqual([again.build.id, again.joined], ['build1', true]);
    await assert.rejects(services.create(other, by('U1')), { code: 'environment-busy' });
    assert.equal(enqueued.length, 1);
    assert.equal(store.builds.size, 1);
  });

  test('with a lock records it, and joins only a build of the same packages', async () => {
    const { services } = world();
    const lockOf = (text: string) => ({ platform: 'linux-64' as const, packages: [locked(text)] });
    const lock = lockOf('numpy 1.26.4');
    const { build: made } = await services.create(request, by('U1'), { lock });
    assert.deepEqual(made.lock, lock);
    assert.equal((await services.create(request, by('U2'), { lock })).joined, true);
    assert.equal((await services.create(request, by('U2'))).joined, true);
    await assert.rejects(services.create(request, by('U1'), { lock: lockOf('numpy 2.0') }), {
      code: 'environment-busy',
    });
  });

  test('refuses a lock for another platform before anything is recorded', async () => {
    const { services, store } = world();
    const lock = { platform: 'linux-aarch64' as const, packages: [] };
    await assert.rejects(services.create(request, by('U1'), { lock }), (error: FerryError) => {
      assert.equal(error.code, 'other-platform');
      assert.match(error.repairs[0]?.command ?? '', /^create churn /);
      return true;
    });
    assert.deepEqual([store.builds.size, store.environments.size], [0, 0]);
  });

  test('joins whoever began in the same moment, and records nothing of its own', async () => {
    const { services, store, enqueued } = world();
    const asked = ['U1', 'U2', 'U3'].map((user) => services.create(request, by(user)));
    const made = await Promise.all(asked);
    assert.deepEqual(
      made.map(({ build, joined }) => [build.id === made[0]?.build.id, joined]),
      [
        [true, false],
        [true, true],
        [true, true],
      ],
    );
    assert.equal(store.builds.size, 1);
    assert.equal(enqueued.length, 1);
  });

  test('is not in the way of a build of another name', async () => {
    const { services, enqueued } = world();
    await services.create(request, by('U1'));
    const { joined } = await services.create({ ...request, environment: 'fraud' }, by('U1'));
    assert.deepEqual([joined, enqueued], [false, ['build1 1 build', 'build2 1 build']]);
  });

  test('that cannot be queued just now is accepted, since it is recorded, and has the name', async () => {
    const { services, store } = world({ enqueue: away });
    const { build: made } = await services.create(request, by('U1'));
    assert.deepEqual([made.state, await store.openBuilds()], ['queued', [made.id]]);
    await assert.rejects(services.create(other, by('U2')), { code: 'environment-busy' });
  });

  test('over a name with revisions is for its owner and operators', async () => {
    const { services, store, enqueued } = world();
    store.environments.set('churn', { ...environment(), owner: 'U1' });
    await assert.rejects(services.create(request, by('U2')), {
      code: 'name-taken',
      repairs: [
        {
          label: 'Name it churn-2',
          command: 'create churn-2 python=3.11 numpy scipy pandas>=2,<3',
        },
        { label: 'Use churn', command: 'run churn' },
      ],
    });
    assert.deepEqual([enqueued.length, store.builds.size], [0, 0]);
    for (const user of ['U1', OPERATOR]) {
      const { build: made } = await services.create(request, by(user));
      await store.updateBuild(made.id, (current) => ({ ...current, state: 'failed' }));
    }
    assert.equal(enqueued.length, 2);
  });
});

describe('retry', () => {
  test('that cannot be queued just now is accepted, once', async () => {
    const { services, store } = world({ enqueue: away });
    const failed = build('failed', { id: 'b1' });
    await store.createBuild(failed);
    await store.claimEnvironment(failed.request.environment, 'U0ANARUIZ1', 1);
    // Twice in one moment, as a button is pressed.
    const pressed = [1, 2].map(() => services.retry(failed, by('U0ANARUIZ1')));
    const attempts = (await Promise.all(pressed)).map(({ attempt }) => attempt);
    assert.deepEqual([attempts, await store.openBuilds()], [[2, 2], ['b1']]);
  });

  test('of an attempt that somebody has retried since begins nothing, however that has ended', async () => {
    const { services, store } = world();
    const failed = build('failed', { id: 'b1' });
    await store.createBuild(failed);
    await store.claimEnvironment(failed.request.environment, 'U0ANARUIZ1', 1);
    await services.retry(failed, by('U0ANARUIZ1'));
    await store.updateBuild('b1', (current) => ({ ...current, state: 'ready' }));
    const { attempt, state } = await services.retry(failed, by('U0ANARUIZ1'));
    assert.deepEqual([attempt, state], [2, 'ready']);
  });

  test('runs a build again as its next attempt', async () => {
    const { services, store, enqueued } = world();
    const failed = build('failed', { id: 'b1', createdAt: 500, queuedAt: 500 });
    await store.createBuild(failed);
    await store.createBuild(build('failed', { id: 'b2', createdAt: 700, queuedAt: 700 }));
    assert.equal((await services.findBuild('churn')).id, 'b2');
    const again = await services.retry(failed, by('U0ANARUIZ1'));
    assert.deepEqual([again.createdAt, again.queuedAt], [500, 1_000]);
    assert.equal((await services.findBuild('churn')).id, 'b1');
    assert.deepEqual([again.state, again.attempt, again.failure], ['queued', 2, null]);
    assert.deepEqual([again.startedAt, again.finishedAt], [null, null]);
    assert.ok(again.steps.every(({ status }) => status === 'pending'));
    assert.deepEqual(enqueued, ['b1 2 build']);
  });

  test('is refused while it runs, when it is ready, and when another build holds the name', async () => {
    const { services, store } = world();
    const requester = by('U0ANARUIZ1');
    await assert.rejects(services.retry(build('running'), requester), { code: 'still-running' });
    await assert.rejects(services.retry(build('ready'), requester), { code: 'already-settled' });
    await store.createBuild(build('failed', { id: 'b1' }));
    await services.create(request, requester);
    await assert.rejects(services.retry(build('failed', { id: 'b1' }), requester), {
      code: 'environment-busy',
    });
  });
});

describe('cancel', () => {
  test('asks whoever runs it to stop, once', async () => {
    const { services, store, clock } = world();
    const { build: made } = await services.create(request, by('U1'));
    await services.cancel(made, by('U1'));
    clock.at += 5;
    await services.cancel(made, by('U1'));
    const asked = await store.readBuild(made.id);
    assert.deepEqual([asked?.state, asked?.cancelRequested], ['queued', { user: 'U1', at: 1000 }]);
  });

  test('settles a build that no worker had, and gives the name back', async () => {
    const { services } = world({ cancel: async () => ({ isAtWork: false }) });
    const { build: made } = await services.create(request, by('U1'));
    const settled = await services.cancel(made, by('U1'));
    assert.deepEqual([settled.state, settled.finishedAt], ['cancelled', 1000]);
    assert.equal((await services.create(other, by('U2'))).joined, false);
    await assert.rejects(services.cancel(settled, by('U1')), { code: 'already-settled' });
  });

  test('is accepted once it is recorded, be the queue there or not', async () => {
    const { services, store } = world({ cancel: away });
    const { build: made } = await services.create(request, by('U1'));
    assert.ok((await services.cancel(made, by('U1'))).cancelRequested);
    assert.deepEqual(await store.openBuilds(), [made.id]);
  });
});

describe('a build of somebody else', () => {
  const acts = ['cancel', 'retry', 'rebuild'] as const;

  /** Does it as `user` to a build of U1's in the state it is for. */
  async function act(what: (typeof acts)[number], user: string) {
    const { services, store } = world();
    const made = build(what === 'cancel' ? 'running' : 'failed', { requester: by('U1') });
    await store.createBuild(made);
    const before = JSON.stringify([...store.builds]);
    const done = services[what](made, by(user));
    return { done, isUntouched: () => JSON.stringify([...store.builds]) === before };
  }

  for (const what of acts) {
    test(`is not yours to ${what}, and stays as it is`, async () => {
      const { done, isUntouched } = await act(what, 'U2');
      await assert.rejects(done, { code: 'not-allowed', message: /^Only .*U1/ });
      assert.ok(isUntouched());
    });

    test(`is for operators to ${what}, as for who asked for it`, async () => {
      for (const user of ['U1', OPERATOR]) {
        const { done, isUntouched } = await act(what, user);
        await done;
        assert.ok(!isUntouched());
      }
    });
  }

  test('and its log are for who asked, the environment’s owner and operators', async () => {
    const made = build('ready', { requester: by('U1') });
    for (const user of ['U1', 'U3', OPERATOR, 'U2']) {
      const { services, store } = world();
      store.environments.set('churn', { ...environment(), owner: 'U3' });
      await store.createBuild(made);
      const deeds = [
        () => services.verify(made, by(user)),
        () => services.log(made, 9, { user }),
      ] as const;
      for (const deed of deeds) {
        if (user !== 'U2') await deed();
        else {
          const message =
            /^Only .*U1.*, who asked for this build, .*U3.*, who owns the environment,/;
          await assert.rejects(deed, { code: 'not-allowed', message });
        }
      }
    }
  });
});

describe('verify', () => {
  test('that cannot be queued just now is accepted', async () => {
    const { services, store } = world({ enqueue: away });
    const ready = build('ready', { id: 'b1' });
    await store.createBuild(ready);
    assert.equal((await services.verify(ready, by('U0ANARUIZ1'))).verifying, true);
    assert.deepEqual(await store.openBuilds(), ['b1']);
  });

  test('is for builds that are ready', async () => {
    const { services, store, enqueued } = world();
    const requester = by('U0ANARUIZ1');
    await assert.rejects(services.verify(build('failed'), requester), { code: 'not-ready' });
    await store.createBuild(build('ready', { id: 'b1' }));
    assert.equal((await services.verify(build('ready', { id: 'b1' }), requester)).verifying, true);
    assert.deepEqual(enqueued, ['b1 1 verify']);
  });
});

describe('what is asked for by name', () => {
  test('is the build of that id, else the newest of that environment', async () => {
    const { services, store } = world();
    for (const id of ['b1', 'b2']) await store.createBuild(build('failed', { id }));
    assert.equal((await services.findBuild('b1')).id, 'b1');
    assert.equal((await services.findBuild('churn')).id, 'b2');
    await assert.rejects(services.findBuild('chrn'), { code: 'build-not-found' });
  });

  test('is refused with the nearest id of the newest builds', async () => {
    const { services, store } = world();
    await store.createBuild(build('failed', { id: 'b0a1b2c3d4e' }));
    await assert.rejects(services.findBuild('b0a1b2c34de'), {
      code: 'build-not-found',
      suggestion: 'Did you mean `b0a1b2c3d4e`?',
    });
  });

  test('is refused with the nearest name, or with what became of its only build', async () => {
    const { services, store } = world();
    store.environments.set('churn', environment());
    await assert.rejects(services.findEnvironment('chrun'), {
      code: 'environment-not-found',
      suggestion: 'Did you mean `churn`?',
    });
    await store.createBuild(build('cancelled', { request: { ...request, environment: 'fraud' } }));
    await assert.rejects(services.findEnvironment('fraud'), /its last build was cancelled/);
  });

  test('is the newest revision, or the one of that number', async () => {
    const { services, store } = world();
    store.environments.set('churn', environment('churn', 3));
    assert.equal((await services.findRevision('churn', null)).number, 3);
    assert.equal((await services.findRevision('churn', 2)).number, revision(2).number);
    await assert.rejects(services.findRevision('churn', 7), {
      code: 'revision-not-found',
      suggestion: /`churn@1`, `churn@2`, `churn@3`/,
    });
  });
});

describe('an environment whose first build is at work', () => {
  test('has no revision to give yet, and is shown as that of who asked for it', async () => {
    const { services } = world();
    await services.create(request, by('U1'));
    assert.equal((await services.findEnvironment('churn')).owner, 'U1');
    for (const number of [null, 1]) {
      await assert.rejects(services.findRevision('churn', number), {
        code: 'not-ready',
        suggestion: /`status churn`/,
      });
    }
  });
});

describe('what is kept of a build', () => {
  test('is its message in Slack, and as much of the end of its log as is asked for', async () => {
    const { services, store } = world();
    await store.createBuild(build('running', { id: 'b1' }));
    await store.appendLog('b1', ['one', 'two', 'three']);
    assert.deepEqual(await services.log(build('ready', { id: 'b1' }), 2, { user: OPERATOR }), [
      'two',
      'three',
    ]);
    const message = { channel: 'C1', ts: '1.2' };
    await services.attachMessage('b1', message);
    const kept = await store.readBuild('b1');
    assert.deepEqual([kept?.message, kept?.state], [message, 'running']);
  });
});

describe('the packages of a module', () => {
  test('are looked for in the default channels, and kept where none of them is there', async () => {
    const asked: (readonly string[])[] = [];
    const { services, store } = createMemory({
      read: async (names) => {
        asked.push(names);
        const has = (name: string) => name === 'opencv';
        return [{ name: 'conda-forge', has, versions: () => [], names: () => ['opencv'] }];
      },
      close() {},
    });
    await store.learnModules({ cv2: ['own-opencv', 'opencv'] });
    const packagesOf = await services.packagesOf();
    assert.deepEqual(asked, [['conda-forge']]);
    assert.deepEqual(packagesOf('cv2'), ['opencv']);
    assert.deepEqual(packagesOf('sklearn'), ['scikit-learn']);
  });

  test('are those that prefixes have shown, else those that are known', async () => {
    const { services, store } = world();
    await store.learnModules({ cv2: ['own-opencv'] });
    const packagesOf = await services.packagesOf();
    assert.deepEqual(packagesOf('cv2'), ['own-opencv']);
    assert.deepEqual(packagesOf('sklearn'), ['scikit-learn']);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import type { Chat } from '../../src/slack/chat.ts';
import { createFindConcerned } from '../../src/slack/homes/concerned.ts';
import { createHomes } from '../../src/slack/homes.ts';
import { build, environment } from '../answers/samples.ts';
import { createMemory } from './memory.ts';
import { BEN } from './world.ts';

describe('Home tabs', () => {
  test('are sent beside those of builds and people whose records cannot be read', async () => {
    const { store, services } = createMemory();
    const unreadable = async () => {
      throw outsideError({ code: 'record-unreadable', message: 'torn' });
    };
    store.builds.set('told', build('running', { id: 'told' }));
    const sent = Promise.withResolvers<string>();
    const lines: string[] = [];
    const homes = createHomes({
      store: {
        readBuild: (id) => (id === 'torn' ? unreadable() : store.readBuild(id)),
        listBuilds: async () => [],
        async watch(listener) {
          for (const id of ['torn', 'told']) listener(id);
          return async () => {};
        },
      },
      services: {
        ...services,
        findEnvironment: async (name) => ({ ...environment(name), owner: BEN }),
        builds: async ({ user }) => (user === BEN ? [] : unreadable()),
      },
      chat: {
        async publishHome(user: string) {
          sent.resolve(user);
        },
      } as Partial<Chat> as Chat,
      clock: { now: Date.now },
      log: { info() {}, warn: (_fields, line) => void lines.push(line), error() {} },
    });
    const stopping = new AbortController();
    homes.start();
    const following = homes.follow(stopping.signal);
    try {
      assert.equal(await sent.promise, BEN);
      assert.deepEqual(lines, ['a Home tab cannot be filled']);
    } finally {
      stopping.abort();
      await Promise.all([following, homes.stop()]);
    }
  });
});

describe('a changed build concerns', () => {
  test('who asked for it and who owns its environment, also when the store went away in between', async ({
    mock,
  }) => {
    const { store, services } = createMemory();
    const running = build('running');
    const { requester, request } = running;
    store.builds.set(running.id, running);
    store.environments.set(request.environment, {
      ...environment(request.environment),
      owner: BEN,
    });
    mock.method(
      services,
      'findEnvironment',
      async () => {
        throw outsideError({ code: 'store-unavailable', message: 'away', retryable: true });
      },
      { times: 1 },
    );
    const findConcerned = createFindConcerned({ store, services, clock: { now: Date.now } });
    await assert.rejects(findConcerned(running.id), { code: 'store-unavailable' });
    assert.deepEqual(await findConcerned(running.id), [requester.user, BEN]);
    assert.deepEqual(await findConcerned(running.id), []);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { createFindConcerned } from '../../src/slack/homes/concerned.ts';
import { build, environment } from '../answers/samples.ts';
import { createMemory } from './memory.ts';
import { BEN } from './world.ts';

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

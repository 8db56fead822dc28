import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '../../../src/adapters/redis/store.ts';
import { watchedBy } from '../../../src/domain/events.ts';
import { noServer, startServer } from './fixture.ts';

test('it is told once that Redis is away, and once that it is back; of a store that is closed nothing', {
  skip: noServer,
  timeout: 60_000,
}, async () => {
  const server = await startServer();
  const told: string[] = [];
  const changed = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const tell = (what: string) => {
    told.push(what);
    changed[told.length - 1]?.resolve();
  };
  const sight = watchedBy(() => performance.now(), {
    away: (reason) => tell(`away: ${reason}`),
    back: (seconds) => tell(`back: ${seconds > 0}`),
  });
  const { connection } = server;
  const stores = [1, 2].map(() => createStore({ connection, prefix: 'ferry', sight }));
  try {
    await Promise.all(stores.map((store) => store.ping()));
    assert.deepEqual(told, []);
    await server.stop();
    await changed[0]?.promise;
    await assert.rejects(Promise.all(stores.map((store) => store.ping())));
    await server.start();
    await changed[1]?.promise;
    await Promise.all(stores.map((store) => store.ping()));
    assert.equal(told.length, 2, String(told));
    assert.match(String(told), /^away: .+,back: true$/);
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
    assert.equal(told.length, 2, String(told));
  } finally {
    await server.remove();
  }
});

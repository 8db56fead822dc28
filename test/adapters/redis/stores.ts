import { randomUUID } from 'node:crypto';
import { after, afterEach, before } from 'node:test';
import { createStore, type RedisStore } from '../../../src/adapters/redis/store.ts';
import type { Sight } from '../../../src/domain/events.ts';
import { type RedisServer, startServer } from './fixture.ts';

/** For a suite: a server of its own and stores on it, which are closed after each test. */
export interface Stores {
  readonly server: RedisServer;
  /** Stores with one prefix have the same records; without one it has its own. */
  storeOf(prefix?: string, sight?: Sight): RedisStore;
}

export function useStores(): Stores {
  let server: RedisServer;
  let open: RedisStore[] = [];
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());
  afterEach(async () => {
    await Promise.all(open.map((store) => store.close()));
    open = [];
  });
  return {
    get server() {
      return server;
    },
    storeOf(prefix = randomUUID(), sight) {
      const store = createStore({ connection: server.connection, prefix, ...(sight && { sight }) });
      open.push(store);
      return store;
    },
  };
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { createLeading } from '../../src/slack/leading.ts';
import { MemoryStore } from './memory.ts';

const log = { info() {}, warn() {}, error() {} };
const PACE = { leader: { lease: 60, renewal: 5 }, backoff: { first: 5, longest: 5 } };

/** A bot that says when it begins to lead and when it ends. */
function botOf(store: Pick<MemoryStore, 'takeLease' | 'endLease'>, said: string[], name: string) {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const leading = createLeading({
    ...{ store, log, pace: PACE },
    async follow(signal) {
      said.push(`${name} leads`);
      began.resolve();
      if (!signal.aborted) await once(signal, 'abort');
      said.push(`${name} has led`);
      ended.resolve();
    },
  });
  return { leading, began: began.promise, ended: ended.promise };
}

describe('of two bots', () => {
  test('one leads, and the other one as soon as it stops', async () => {
    const store = new MemoryStore();
    const said: string[] = [];
    const one = botOf(store, said, 'one');
    const two = botOf(store, said, 'two');
    await one.leading.start();
    await two.leading.start();
    await one.began;
    await one.leading.stop();
    await two.began;
    await two.leading.stop();
    assert.deepEqual(said, ['one leads', 'one has led', 'two leads', 'two has led']);
  });

  test('one that cannot reach the store ends before the other one begins', async () => {
    const store = new MemoryStore();
    const said: string[] = [];
    let isAway = false;
    const reached = {
      takeLease: (...lease: Parameters<MemoryStore['takeLease']>) => {
        if (isAway)
          throw outsideError({ code: 'store-unavailable', message: 'away', retryable: true });
        return store.takeLease(...lease);
      },
      endLease: (name: string, who: string) => store.endLease(name, who),
    };
    const one = botOf(
      { ...reached, takeLease: async (...lease) => reached.takeLease(...lease) },
      said,
      'one',
    );
    const two = botOf(store, said, 'two');
    await one.leading.start();
    await two.leading.start();
    await one.began;
    isAway = true;
    await two.began;
    await one.leading.stop();
    await two.leading.stop();
    assert.deepEqual(said, ['one leads', 'one has led', 'two leads', 'two has led']);
  });
});

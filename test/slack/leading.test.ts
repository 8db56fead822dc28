import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
    follow: [
      async (signal) => {
        said.push(`${name} leads`);
        began.resolve();
        if (!signal.aborted) await once(signal, 'abort');
        said.push(`${name} has led`);
        ended.resolve();
      },
    ],
  });
  return { leading, began: began.promise, ended: ended.promise };
}

describe('a leader', () => {
  test('begins nothing anew while something that it follows has yet to end', async () => {
    const said: string[] = [];
    const again = Promise.withResolvers<void>();
    const leading = createLeading({
      ...{ store: new MemoryStore(), log, pace: PACE },
      follow: [
        async () => {
          said.push('one fails');
          throw new Error('away');
        },
        async (signal) => {
          said.push('two begins');
          if (!signal.aborted) await once(signal, 'abort');
          // As an edit that is on its way: longer than it takes until the next try.
          await sleep(4 * PACE.backoff.longest);
          said.push('two has ended');
          if (said.length >= 6) again.resolve();
        },
      ],
    });
    await leading.start();
    await again.promise;
    await leading.stop();
    const round = ['one fails', 'two begins', 'two has ended'];
    assert.deepEqual(said.slice(0, 6), [...round, ...round]);
  });
});

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

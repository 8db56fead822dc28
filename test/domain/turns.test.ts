import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIRST_TURN, nextTurn } from '../../src/domain/turns.ts';
import fc from '../harness/properties.ts';

interface Job {
  user: string;
  turn: number;
  /** Of the same person: those that waited when it came, and itself. */
  own: number;
  /** How often each person had been served when it came. */
  servedBefore: Map<string, number>;
}

/** People who ask, and a worker that takes the lowest turn, the first that came of it. */
class Queue {
  readonly served = new Map<string, number>();
  #waiting: Job[] = [];
  #given = new Map<string, number>();

  ask(user: string): void {
    const turns = this.#waiting.map(({ turn }) => turn);
    const current = turns.length > 0 ? Math.min(...turns) : null;
    if (current === null) this.#given.clear();
    const turn = nextTurn({ current, last: this.#given.get(user) ?? null });
    this.#given.set(user, turn);
    const own = this.#waiting.filter((job) => job.user === user).length + 1;
    this.#waiting.push({ user, turn, own, servedBefore: new Map(this.served) });
  }

  take(): Job | null {
    const lowest = Math.min(...this.#waiting.map(({ turn }) => turn));
    const job = this.#waiting.find(({ turn }) => turn === lowest);
    if (!job) return null;
    this.#waiting = this.#waiting.filter((each) => each !== job);
    this.served.set(job.user, (this.served.get(job.user) ?? 0) + 1);
    return job;
  }
}

const USERS = ['ana', 'ben', 'cleo', 'dan'];

describe('turns', () => {
  test('nobody is overtaken for ever, whoever asks how often and when', () => {
    const step = fc.oneof(
      fc.constantFrom(...USERS).map((user) => ({ user })),
      fc.constant({ user: null }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new Queue();
        for (const { user } of steps) {
          if (user !== null) queue.ask(user);
          const job = user === null ? queue.take() : null;
          if (job === null) continue;
          for (const other of USERS.filter((each) => each !== job.user)) {
            const times = (queue.served.get(other) ?? 0) - (job.servedBefore.get(other) ?? 0);
            assert.ok(
              times <= job.own + 1,
              `${other} was served ${times} times before number ${job.own} of ${job.user}`,
            );
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('two who ask again as soon as they are served do not hold up who asked for two', () => {
    const queue = new Queue();
    for (const user of ['ana', 'ana', 'ben', 'cleo']) queue.ask(user);
    const taken: string[] = [];
    while (taken.filter((user) => user === 'ana').length < 2 && taken.length < 20) {
      const { user = '' } = queue.take() ?? {};
      taken.push(user);
      if (user !== 'ana') queue.ask(user);
    }
    assert.deepEqual(taken, ['ana', 'ben', 'cleo', 'ana']);
  });

  test('begin anew once nobody waits', () => {
    assert.equal(nextTurn({ current: null, last: 9 }), FIRST_TURN);
  });
});

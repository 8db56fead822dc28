import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLane } from '../../src/slack/lane.ts';

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

describe('answers', () => {
  const errors: object[] = [];
  const log = { info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };

  test('begin one in a turn of the loop, in order, so many at work together', async () => {
    const lane = createLane({ log, width: 2, patience: 60_000 });
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    for (let index = 0; index < 4; index += 1) {
      lane.add(() => {
        begun.push(index);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
    }
    assert.deepEqual(begun, []);
    await turns(1);
    assert.deepEqual(begun, [0]);
    await turns(5);
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.();
    await turns(5);
    assert.deepEqual(begun, [0, 1, 2]);
    for (let index = 0; index < 4; index += 1) {
      ends[index]?.();
      await turns(5);
    }
    await lane.settled();
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  test('that wait for others hold up none, and those that fail are told of', async () => {
    const lane = createLane({ log, width: 1, patience: 1 });
    const late = Promise.withResolvers<void>();
    lane.add(() => late.promise);
    const next = Promise.withResolvers<void>();
    lane.add(async () => next.resolve());
    await next.promise;
    lane.add(() => {
      throw new Error('no such thing');
    });
    late.resolve();
    await lane.settled();
    assert.match(JSON.stringify(errors), /no such thing/);
  });

  test('are full with so many, at work or not, until one has ended', async () => {
    const lane = createLane({ log, width: 1, most: 2, patience: 60_000 });
    const { promise, resolve } = Promise.withResolvers<void>();
    lane.add(() => promise);
    assert.equal(lane.isFull(), false);
    lane.add(() => promise);
    await turns(3);
    assert.equal(lane.isFull(), true);
    resolve();
    await lane.settled();
    assert.equal(lane.isFull(), false);
  });
});

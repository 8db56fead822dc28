import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Build } from '../../src/domain/build.ts';
import type { Failure } from '../../src/domain/errors.ts';
import { tellFaults } from '../../src/pipeline/faults.ts';
import { build as sample, settings } from '../answers/samples.ts';
import { createWorld } from './world.ts';

const MINUTE = 60_000;
const reporting = { signal: new AbortController().signal, log: () => undefined };
const [OPERATOR = ''] = settings.operators;

/** A world whose clock is moved by hand, and builds of it that have ended by then. */
function endedBuilds(canRun = false) {
  const world = createWorld();
  let now = 1_000 * MINUTE;
  let count = 0;
  world.ports.clock = { now: () => now };
  world.ports.edges = new Map(
    [...world.ports.edges].map(([name, edge]) => [
      name,
      {
        ...edge,
        run: async () => ({ code: canRun ? 0 : null, timedOut: false, stdout: '', stderr: '' }),
      },
    ]),
  );
  const add = async (ended: Pick<Build, 'state' | 'failure'>) => {
    now += MINUTE;
    count += 1;
    const known = sample('failed');
    world.store.builds.set(`b${count}`, {
      ...{ ...known, ...ended, id: `b${count}`, finishedAt: now, queuedAt: now },
      request: { ...known.request, environment: `e${count}`, edges: ['lab'] },
    });
    await tellFaults(world.ports, reporting);
  };
  return {
    fail: (code: string) =>
      add({
        state: 'failed',
        failure: {
          ...{ code, kind: 'outside', message: `It is ${code}.`, suggestion: 'Mend it.' },
          ...{ details: null, retryable: false },
        } satisfies Failure,
      }),
    succeed: () => add({ state: 'ready', failure: null }),
    async wait(minutes: number) {
      now += minutes * MINUTE;
      await tellFaults(world.ports, reporting);
    },
    /** What operators are told, in the order of that. */
    told: () =>
      [...world.store.notices.values()].flatMap((notice) =>
        notice.kind === 'fault'
          ? [`${notice.to} ${notice.isGone ? 'gone: ' : ''}${notice.text}`]
          : [],
      ),
  };
}

describe('what only operators can mend', () => {
  const DENIED = `${OPERATOR} It is edge-denied. Mend it.`;
  const GONE = `${OPERATOR} gone: It is edge-denied. Mend it.`;

  test('is told to each of them once, however many builds fail for it, and again after an hour', async () => {
    const { fail, told, wait } = endedBuilds();
    for (let count = 0; count < 5; count += 1) await fail('edge-denied');
    assert.deepEqual(told(), [DENIED]);
    await wait(120);
    assert.deepEqual(told(), [DENIED], 'nothing has failed since');
    await fail('edge-denied');
    assert.deepEqual(told(), [DENIED, DENIED]);
  });

  test('is said to be gone once a build is ready there, and only then', async () => {
    const { fail, succeed, told, wait } = endedBuilds();
    await fail('edge-denied');
    await wait(5);
    assert.deepEqual(told(), [DENIED]);
    await succeed();
    await wait(5);
    assert.deepEqual(told(), [DENIED, GONE]);
  });

  test('is told again when it comes back, an hour after it was told', async () => {
    const { fail, succeed, told, wait } = endedBuilds();
    await fail('edge-denied');
    await succeed();
    await fail('edge-denied');
    assert.deepEqual(told(), [DENIED, GONE]);
    await wait(59);
    assert.deepEqual(told(), [DENIED, GONE, DENIED]);
  });

  test('is gone where an edge that was away can be reached again, without a build', async () => {
    const { fail, told } = endedBuilds(true);
    await fail('edge-unreachable');
    const text = 'It is edge-unreachable. Mend it.';
    assert.deepEqual(told(), [`${OPERATOR} ${text}`, `${OPERATOR} gone: ${text}`]);
  });

  test('is nothing that whoever asked can mend', async () => {
    const { fail, told } = endedBuilds();
    await fail('unsatisfiable');
    await fail('verification-failed');
    assert.deepEqual(told(), []);
  });
});

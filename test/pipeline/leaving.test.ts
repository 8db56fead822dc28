/** A build and a removal of the same, on two build hosts at once: whoever is first, nothing is half gone. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Environment, isThere } from '../../src/domain/environment.ts';
import { untilNothingLeaves } from '../../src/pipeline/leaving.ts';
import { removeLetGo } from '../../src/pipeline/removing.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { environment, staging } from '../answers/samples.ts';
import { createWorld, jobFor } from './world.ts';

const OWNER = 'U1';
const { signal } = new AbortController();
const reporting = { signal, log: () => undefined };

/** A gate that whoever comes by waits at; `reached` is kept once somebody does. */
function gate() {
  const reached = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => open.resolve(),
    async pass() {
      reached.resolve();
      await open.promise;
    },
  };
}

/** `churn@1`, built and let go, and the same asked for again; `bytes` is what its edge has of it. */
async function letGoAndAskedForAgain() {
  const bytes = { there: false };
  const at = { remove: gate(), intact: gate() };
  const world = createWorld();
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  world.ports.edges = new Map([
    [
      'lab',
      {
        ...lab,
        async stage() {
          bytes.there = true;
          return { ...staging(), revision: 1 };
        },
        async isIntact() {
          const found = bytes.there;
          await at.intact.pass();
          return found;
        },
        async remove() {
          await at.remove.pass();
          bytes.there = false;
        },
      },
    ],
  ]);
  at.intact.open();
  await world.say(OWNER, 'create churn numpy --edge lab');
  await world.work('churn');
  const record = () => world.store.environments.get('churn') as Environment;
  assert.deepEqual([record().revisions.map(isThere), bytes.there], [[true], true]);
  world.errands.worker = null;
  await world.say(OWNER, 'delete churn@1 --yes');
  at.intact = gate();
  const ask = async () => {
    await world.say(OWNER, 'restore churn@1');
    return (await world.newest('churn')).id;
  };
  return { world, at, bytes, record, ask };
}

describe('a build of what is let go', () => {
  test('that begins while it is removed waits, and stages it anew', async () => {
    const { world, at, bytes, record, ask } = await letGoAndAskedForAgain();
    const removing = removeLetGo(world.ports, 'churn', reporting);
    await at.remove.reached;
    at.intact.open();
    const id = await ask();
    const waits = new Promise<string>((resolve) => {
      world.store.appendLog = async (_, lines) => {
        const line = lines.find((each) => each.includes('waiting until'));
        if (line !== undefined) resolve(line);
      };
    });
    const building = runBuild(world.ports, jobFor(id), signal);
    const first = await Promise.race([waits, building.then(() => 'it was built')]);
    assert.match(first, /edge lab: waiting until churn@1 is removed/);
    at.remove.open();
    assert.deepEqual(await removing, []);
    await building;
    assert.equal((await world.newest('churn')).state, 'ready');
    const [revision] = record().revisions;
    assert.ok(revision && isThere(revision));
    assert.deepEqual([revision.stagings.length, bytes.there], [1, true]);
  });

  test('that found it intact keeps it, and the removal is done another time or not at all', async () => {
    const { world, at, bytes, record, ask } = await letGoAndAskedForAgain();
    const building = runBuild(world.ports, jobFor(await ask()), signal);
    await at.intact.reached;
    at.remove.open();
    const left = await removeLetGo(world.ports, 'churn', reporting);
    assert.match(left[0]?.why ?? '', /is at work/);
    at.intact.open();
    await building;
    assert.deepEqual(await removeLetGo(world.ports, 'churn', reporting), []);
    const [revision] = record().revisions;
    assert.ok(revision && isThere(revision));
    assert.deepEqual([revision.stagings.length, bytes.there], [1, true]);
    assert.equal(revision.stagings[0]?.leaving, undefined);
  });

  test('that begins between the look and the removal is seen by it', async () => {
    const { world, at, bytes, record, ask } = await letGoAndAskedForAgain();
    at.remove.open();
    // The removal has looked, found no build, and is about to write its mark.
    const update = world.store.updateEnvironment.bind(world.store);
    const marking = gate();
    let isFirst = true;
    world.store.updateEnvironment = async (name, change) => {
      if (isFirst) {
        isFirst = false;
        await marking.pass();
      }
      return update(name, change);
    };
    const removing = removeLetGo(world.ports, 'churn', reporting);
    await marking.reached;
    const building = runBuild(world.ports, jobFor(await ask()), signal);
    await at.intact.reached;
    marking.open();
    assert.match((await removing)[0]?.why ?? '', /is at work/);
    at.intact.open();
    await building;
    const [revision] = record().revisions;
    assert.ok(revision && isThere(revision));
    assert.deepEqual([revision.stagings.length, bytes.there], [1, true]);
  });
});

/** `churn@2` let go, and the removals of it that its edge begins: each ends when it is told to. */
function removals() {
  const time = { now: Date.UTC(2026, 5, 1) };
  const world = createWorld({ clock: { now: () => time.now } });
  const { revisions, ...rest } = environment();
  const letGo = { at: 1, by: OWNER };
  world.store.environments.set('churn', {
    ...rest,
    revisions: revisions.map((each) => (each.number === 2 ? { ...each, letGo } : each)),
  });
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  const begun: { end: PromiseWithResolvers<void>; signal: AbortSignal }[] = [];
  world.ports.edges = new Map([
    [
      'lab',
      {
        ...lab,
        async remove(_staging, { signal: stopped }) {
          const end = Promise.withResolvers<void>();
          stopped.addEventListener('abort', () => end.reject(stopped.reason));
          begun.push({ end, signal: stopped });
          await end.promise;
        },
      },
    ],
  ]);
  const begin = async () => {
    const count = begun.length;
    const ended = removeLetGo(world.ports, 'churn', reporting);
    while (begun.length === count) await turn();
    return { ended, ...(begun[count] as (typeof begun)[number]) };
  };
  const staged = () =>
    world.store.environments.get('churn')?.revisions.find(({ number }) => number === 2)?.stagings;
  /** Whether a build that would stage it goes on. */
  const mayBuild = () => {
    const waits = new AbortController();
    const watching = { signal: waits.signal, log: () => waits.abort() };
    return untilNothingLeaves(world.ports, 'churn', ['lab'], watching).then(
      () => true,
      () => false,
    );
  };
  return { world, time, begun, begin, staged, mayBuild };
}

describe('a removal', () => {
  test('is made by one worker alone, and another one that comes by leaves its mark', async () => {
    const { world, begun, begin, staged, mayBuild } = removals();
    const first = await begin();
    const [left] = await removeLetGo(world.ports, 'churn', reporting);
    assert.match(left?.why ?? '', /is being removed already/);
    assert.equal(begun.length, 1);
    assert.equal(await mayBuild(), false);
    first.end.resolve();
    assert.deepEqual(await first.ended, []);
    assert.deepEqual(staged(), []);
  });

  test('that failed is no longer marked, and one whose worker was killed for a minute', async () => {
    const { time, begin, mayBuild } = removals();
    const failing = await begin();
    failing.end.reject(new Error('the edge is away'));
    assert.equal((await failing.ended).length, 1);
    assert.equal(await mayBuild(), true);
    // Nothing of this one is heard again.
    await begin();
    time.now += 59_000;
    assert.equal(await mayBuild(), false);
    time.now += 1_000;
    assert.equal(await mayBuild(), true);
  });

  test('holds its mark for as long as it takes, and is stopped where it is not its own any more', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const { world, time, begun, begin, staged, mayBuild } = removals();
    const slow = await begin();
    const pass = async () => {
      time.now += 20_000;
      context.mock.timers.tick(20_000);
      await turn();
    };
    for (let round = 0; round < 9; round++) await pass();
    assert.equal(await mayBuild(), false);
    assert.equal(slow.signal.aborted, false);

    const update = world.store.updateEnvironment;
    world.store.updateEnvironment = () => Promise.reject(new Error('Redis is away'));
    await pass();
    await pass();
    assert.equal(slow.signal.aborted, false);
    await pass();
    assert.equal(slow.signal.aborted, true);
    world.store.updateEnvironment = update;
    assert.match((await slow.ended)[0]?.why ?? '', /took too long/);

    const next = await begin();
    assert.equal(begun.length, 2);
    next.end.resolve();
    assert.deepEqual(await next.ended, []);
    assert.deepEqual(staged(), []);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { outsideError } from '../../src/domain/errors.ts';
import { createLoneWorld, engineSolving, type World } from './world.ts';

const detailOf = async (world: World, step: string) =>
  (await world.newest('churn')).steps.find(({ name }) => name === step)?.detail;

describe('the record of a build', () => {
  test('keeps when it began, whoever runs it again, and says which step failed and when', async () => {
    let now = 1_000;
    const { packer } = createLoneWorld().ports;
    let isAway = true;
    const world = createLoneWorld({
      clock: { now: () => now },
      packer: {
        ...packer,
        pack: async (request, progress) => {
          now += 5_000;
          if (isAway) throw outsideError({ code: 'store-unavailable', message: 'Away.' });
          if (now > 11_000) throw outsideError({ code: 'disk-full', message: 'Full.' });
          return packer.pack(request, progress);
        },
      },
    });
    await world.say('U1', 'create churn numpy');
    await assert.rejects(world.work('churn'), { code: 'store-unavailable' });
    isAway = false;
    now = 10_000;
    await world.work('churn');
    const build = await world.newest('churn');
    assert.deepEqual([build.startedAt, build.finishedAt], [1_000, 15_000]);
    const { status, startedAt, finishedAt } = build.steps.find(({ name }) => name === 'pack') ?? {};
    assert.deepEqual([status, startedAt, finishedAt], ['error', 10_000, 15_000]);
    const [notice] = world.store.notices.values();
    assert.equal(notice?.dueAt, 15_000);
  });

  test('says how much of the archive was packed before, and its log what the packer warns of', async () => {
    const { packer } = createLoneWorld().ports;
    const pack: typeof packer.pack = async (request, progress) => ({
      ...(await packer.pack(request, progress)),
      cache: { hits: 7, misses: 2 },
      warnings: [{ id: 'left-out', text: 'two files are left out' }],
    });
    const world = createLoneWorld({ packer: { ...packer, pack } });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.match((await detailOf(world, 'pack')) ?? '', /, 7 of 9 segments reused$/);
    const log = world.store.logs.get((await world.newest('churn')).id) ?? [];
    assert.ok(log.some((line) => /^\d\d:\d\d:\d\d left-out: two files are left out$/.test(line)));
  });

  test('says nothing of segments where every one was packed anew', async () => {
    const world = createLoneWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.doesNotMatch((await detailOf(world, 'pack')) ?? '', /segments/);
  });

  test('has the lines of its log while it runs, and each of them once', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let whileItRuns: string[] = [];
    const world: World = createLoneWorld({
      engine: engineSolving(async (_request, progress) => {
        progress.log('still at it');
        t.mock.timers.tick(500);
        // Everything that the timer began over memory is done in this turn of the event loop.
        await setImmediate();
        whileItRuns = [...world.store.logs.values()].flat();
        progress.log('done');
        return { platform: 'linux-64', packages: [] };
      }),
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.match(whileItRuns.join('\n'), /still at it$/);
    const { id } = await world.newest('churn');
    const said = (world.store.logs.get(id) ?? []).map((line) => line.slice('12:34:56 '.length));
    assert.deepEqual(
      said.filter((line) => ['still at it', 'done'].includes(line)),
      ['still at it', 'done'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { DUTIES, doDuties, type Lease } from '../../src/pipeline/duties.ts';
import { environment, build as sample } from '../answers/samples.ts';
import { createWorld, type World } from './world.ts';

const always: Lease = async () => true;
const never: Lease = async () => false;
const REQUESTER = { user: 'U1', channel: 'C1', team: null };

const away = async () => {
  throw outsideError({ code: 'edge-unreachable', message: 'hunter2 is not let in' });
};

/** `churn` with revision 2 let go and still on its edge; `removed` is what has left it. */
function leaving(): { world: World; removed: number[]; log: string[] } {
  const removed: number[] = [];
  const world = createWorld();
  const { revisions, ...rest } = environment();
  world.store.environments.set('churn', {
    ...rest,
    revisions: revisions.map((known) =>
      known.number === 2 ? { ...known, letGo: { at: 1, by: 'U1' } } : known,
    ),
  });
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  const remove = async ({ revision }: { revision: number }) => void removed.push(revision);
  world.ports.edges = new Map([['lab', { ...lab, remove }]]);
  return { world, removed, log: [] };
}

describe('the duties of workers', () => {
  const { signal } = new AbortController();

  test('remove what is left of what was let go, until nothing is', async () => {
    const { world, removed } = leaving();
    const reporting = { signal, log: () => undefined };
    await doDuties(world.ports, { all: never, host: never }, reporting);
    assert.deepEqual(removed, []);
    await doDuties(world.ports, { all: always, host: never }, reporting);
    await doDuties(world.ports, { all: always, host: never }, reporting);
    assert.equal(removed.length, 1);
    assert.deepEqual(world.store.environments.get('churn')?.revisions[1]?.stagings, []);
  });

  test('are each done by one worker of all, but for what each build host has', async () => {
    const { world } = leaving();
    const asked: string[] = [];
    const lease =
      (who: string): Lease =>
      async (name) => {
        asked.push(`${who} ${name}`);
        return false;
      };
    const reporting = { signal, log: () => undefined };
    await doDuties(world.ports, { all: lease('all'), host: lease('host') }, reporting);
    assert.ok(asked.includes('all remove-let-go'));
    assert.ok(asked.includes('all schedules:linux-64'));
    assert.ok(asked.includes('host sweep-archives'));
  });

  test('hold up no other while they wait, and are not begun twice', async () => {
    const world = createWorld();
    const log: string[] = [];
    const sweeping = Promise.withResolvers<void>();
    let sweeps = 0;
    world.ports.workspace.sweepBuilds = async () => {
      sweeps += 1;
      await sweeping.promise;
      return [];
    };
    const { id } = (await world.services.create(sample('queued').request, REQUESTER)).build;
    world.queued.length = 0;
    const reporting = { signal, log: (line: string) => log.push(line) };
    const atWork = new Set<string>();
    const rounds = [1, 2].map(() =>
      doDuties(world.ports, { all: always, host: always }, reporting, atWork),
    );
    for (let turn = 0; turn < 1_000 && world.queued.length === 0; turn += 1) {
      await new Promise(setImmediate);
    }
    assert.deepEqual(world.queued, [{ buildId: id, purpose: 'build' }]);
    sweeping.resolve();
    await Promise.all(rounds);
    assert.deepEqual([sweeps, [...atWork]], [1, []]);
  });

  test('keep the archives of what is there and of what is being built', async () => {
    const { world } = leaving();
    const asked: string[][] = [];
    world.ports.workspace = {
      ...world.ports.workspace,
      sweepArchives: async (kept) => {
        asked.push([...kept]);
        return [];
      },
    };
    const known = world.store.environments.get('churn');
    assert.ok(known);
    world.store.environments.set('churn', {
      ...known,
      revisions: known.revisions.map((each) => ({ ...each, fingerprint: `print${each.number}` })),
    });
    await doDuties(world.ports, { all: never, host: always }, { signal, log: () => undefined });
    assert.deepEqual(asked, [['print1', 'print3']]);
  });

  test('sweep every edge, whichever of them is away, and the folders of builds that are over', async () => {
    const { world, log } = leaving();
    const lab = world.ports.edges.get('lab');
    assert.ok(lab);
    const swept: string[] = [];
    const near = { ...lab, name: 'near', sweep: async () => void swept.push('near') };
    world.ports.edges = new Map([
      ['lab', { ...lab, sweep: away }],
      ['near', near],
    ]);
    const kept: string[][] = [];
    world.ports.workspace = {
      ...world.ports.workspace,
      sweepBuilds: async (ids) => {
        kept.push([...ids]);
        return [];
      },
    };
    await world.store.createBuild({ ...sample('running'), id: 'b-living' });
    await world.store.createBuild({ ...sample('failed'), id: 'b-over' });
    const reporting = { signal, log: (line: string) => void log.push(line) };
    await doDuties(world.ports, { all: never, host: always }, reporting);
    assert.deepEqual(swept, ['near']);
    assert.deepEqual(kept, [['b-living']]);
    assert.match(log.join('\n'), /edge lab could not be swept: .*«secret»/);
  });

  test('keep secrets out of what they log of an edge that cannot be told of a name', async () => {
    const { world, log } = leaving();
    const lab = world.ports.edges.get('lab');
    assert.ok(lab);
    world.ports.edges = new Map([['lab', { ...lab, point: away }]]);
    const reporting = { signal, log: (line: string) => void log.push(line) };
    await doDuties(world.ports, { all: always, host: never }, reporting);
    assert.match(
      log.join('\n'),
      /edge lab does not know what churn means now: «secret» is not let in/,
    );
  });

  test('do not keep each other from being done', async () => {
    const { world } = leaving();
    const away = async () => {
      throw new Error('hunter2 is away');
    };
    Object.assign(world.store, { namesLeaving: away, indexEnvironments: away });
    await doDuties(world.ports, { all: always, host: always }, { signal, log: () => undefined });
    const dutiesTold = (wanted: string) =>
      world.happened.flatMap(({ name, fields }) =>
        name === wanted && 'duty' in fields ? [fields] : [],
      );
    const failed = dutiesTold('duty-failed');
    assert.deepEqual(failed.map(({ duty }) => duty).sort(), [
      'index-environments',
      'remove-let-go',
    ]);
    assert.deepEqual(
      failed.map((fields) => 'reason' in fields && fields.reason),
      ['Error: «secret» is away', 'Error: «secret» is away'],
    );
    assert.equal(dutiesTold('duty-done').length, DUTIES.length - 2);
  });
});

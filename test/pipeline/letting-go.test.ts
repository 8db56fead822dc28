import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeOf, withRevision } from '../../src/domain/environment.ts';
import type { Edge } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { removeLetGo } from '../../src/pipeline/removing.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { environment, build as sample, settings, staging } from '../answers/samples.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const OPERATOR = settings.operators[0] ?? '';

interface Edges extends World {
  /** What is removed, as `lab churn@2`; an edge in `away` does not answer. */
  removed: string[];
  away: Set<string>;
  kept: boolean[];
}

function createEdges(change: Parameters<typeof createWorld>[0] = {}): Edges {
  const [removed, away, kept]: [string[], Set<string>, boolean[]] = [[], new Set(), []];
  const edges = [...createWorld().ports.edges.values()].map(
    (edge): Edge => ({
      ...edge,
      stage: async ({ environment: name, revision, archive }) => ({
        ...staging(edge.name),
        ...{ environment: name, revision, archive },
        archivePath: `/srv/ferry/archives/${archive.sha256}/${archive.name}`,
      }),
      isIntact: async (known) => !removed.includes(`${edge.name} ${nameOf(known)}`),
      remove: async (known, { keepArchive }) => {
        if (away.has(edge.name)) throw new Error('no route');
        removed.push(`${edge.name} ${nameOf(known)}`);
        kept.push(keepArchive);
      },
    }),
  );
  const world = createWorld({ edges: new Map(edges.map((edge) => [edge.name, edge])), ...change });
  return { ...world, removed, away, kept };
}

const nameOf = ({ environment: name, revision }: { environment: string; revision: number }) =>
  `${name}@${revision}`;

/** `churn` with three revisions on `lab`, each with bytes of its own. */
function churn(): Edges {
  const world = createEdges();
  const { revisions, ...rest } = environment();
  world.store.environments.set('churn', {
    ...rest,
    revisions: revisions.map((revision) => ({
      ...revision,
      archive: { ...revision.archive, sha256: String(revision.number).repeat(64) },
      fingerprint: String(revision.number).repeat(64),
      stagings: [{ ...staging(), revision: revision.number }],
    })),
  });
  return world;
}

const codeOf = (reply: Reply): string | null =>
  reply.kind === 'refusal' ? reply.error.code : null;
const repairsOf = (reply: Reply): string[] =>
  reply.kind === 'refusal' ? reply.error.repairs.map(({ command }) => command) : [];
const there = (world: World) =>
  world.store.environments
    .get('churn')
    ?.revisions.filter(({ letGo }) => letGo === null)
    .map(({ number }) => number);
const stagedOf = (world: World, number: number) =>
  world.store.environments
    .get('churn')
    ?.revisions.find((revision) => revision.number === number)
    ?.stagings.map(({ edge }) => edge);
const progress = { signal: new AbortController().signal, log: () => undefined };

describe('a revision that is deleted', () => {
  test('is shown first, and goes when that is confirmed', async () => {
    const world = churn();
    const asked = await world.say(OWNER, 'delete churn@2');
    assert.equal(asked.kind, 'leaving');
    assert.deepEqual([there(world), world.removed], [[1, 2, 3], []]);
    const reply = await world.say(OWNER, 'delete churn@2 --yes');
    assert.ok(reply.kind === 'left', JSON.stringify(reply));
    assert.deepEqual(reply.left, []);
    assert.deepEqual([there(world), world.removed], [[1, 3], ['lab churn@2']]);
    assert.deepEqual(stagedOf(world, 2), []);
    assert.equal(world.store.audit.at(-1)?.text, 'delete churn@2 --yes');
  });

  test('is offered to nobody any more, and each answer says how to have it again', async () => {
    const world = churn();
    await world.say(OWNER, 'delete churn@2 --yes');
    for (const text of [
      'run churn@2',
      'tag churn@2 prod',
      'rollback churn --to 2',
      'delete churn@2',
    ]) {
      const reply = await world.say(OWNER, text);
      assert.equal(codeOf(reply), 'let-go', text);
      assert.deepEqual(repairsOf(reply), ['restore churn@2']);
    }
    await world.say(OWNER, 'rollback churn');
    const shown = await world.say(OWNER, 'run churn');
    assert.equal(shown.kind === 'invocation' && shown.revision, 1);
  });

  test('was the newest: then the name means the one before, and no number is given twice', async () => {
    const world = churn();
    await world.say(OWNER, 'delete churn@3 --yes');
    for (const text of ['run churn', 'run churn:latest']) {
      const shown = await world.say(OWNER, text);
      assert.equal(shown.kind === 'invocation' && shown.revision, 2, text);
    }
    await world.services.create(sample('queued').request, {
      ...{ user: OWNER, channel: 'C1', team: null },
    });
    await world.work('churn');
    assert.equal((await world.newest('churn')).revision, 4);
  });

  test('keeps the archive for another revision of the same bytes', async () => {
    const world = churn();
    const known = world.store.environments.get('churn');
    assert.ok(known);
    const sha256 = 'd'.repeat(64);
    world.store.environments.set('churn', {
      ...known,
      revisions: known.revisions.map((each) => ({ ...each, archive: { ...each.archive, sha256 } })),
    });
    await world.say(OWNER, 'delete churn@2 --yes');
    await world.say(OWNER, 'delete churn --yes');
    assert.deepEqual(world.kept, [true, false, false]);
  });

  test('keeps the archive for a revision that was built again since with other bytes', async () => {
    const world = churn();
    const { revisions, ...known } = world.store.environments.get('churn') ?? environment();
    world.store.environments.set('churn', {
      ...known,
      revisions: revisions.map((each) =>
        each.number === 1
          ? { ...each, archive: { ...each.archive, sha256: 'd'.repeat(64) } }
          : each,
      ),
    });
    await world.say(OWNER, 'delete churn@2 --yes');
    assert.deepEqual([world.removed, world.kept], [['lab churn@2'], [true]]);
  });

  test('keeps no archive for a revision of the same bytes on another edge', async () => {
    const world = churn();
    const { revisions, ...known } = world.store.environments.get('churn') ?? environment();
    world.store.environments.set('churn', {
      ...known,
      revisions: revisions.map((each, index) => ({
        ...each,
        archive: { ...each.archive, sha256: 'd'.repeat(64) },
        stagings: [{ ...staging(index === 0 ? 'lab' : 'madrid'), revision: each.number }],
      })),
    });
    await world.say(OWNER, 'delete churn@1 --yes');
    assert.deepEqual([world.removed, world.kept], [['lab churn@1'], [false]]);
  });

  test('goes from an edge that was away as soon as it is back', async () => {
    const world = churn();
    world.away.add('lab');
    const reply = await world.say(OWNER, 'delete churn@2 --yes');
    assert.ok(reply.kind === 'left');
    assert.deepEqual(
      reply.left?.map(({ edge }) => edge),
      ['lab'],
    );
    assert.equal(codeOf(await world.say(OWNER, 'run churn@2')), 'let-go');
    assert.deepEqual(stagedOf(world, 2), ['lab']);
    world.away.clear();
    assert.deepEqual(await removeLetGo(world.ports, 'churn', progress), []);
    assert.deepEqual([stagedOf(world, 2), world.removed], [[], ['lab churn@2']]);
  });

  test('is recorded as let go while no build host answers', async () => {
    const world = churn();
    world.errands.worker = null;
    const reply = await world.say(OWNER, 'delete churn@2 --yes');
    assert.equal(reply.kind === 'left' && reply.left, null);
    assert.deepEqual(there(world), [1, 3]);
    await removeLetGo(world.ports, 'churn', progress);
    assert.deepEqual(world.removed, ['lab churn@2']);
  });
});

describe('nothing is let go', () => {
  test('by who does not own it, but by operators', async () => {
    const world = churn();
    for (const text of ['delete churn@2', 'delete churn --yes', 'delete churn --forget']) {
      assert.equal(codeOf(await world.say('U9', text)), 'not-allowed', text);
    }
    assert.deepEqual(there(world), [1, 2, 3]);
    assert.equal((await world.say(OPERATOR, 'delete churn --yes')).kind, 'left');
  });

  test('that a tag means, or that somebody chose as the default', async () => {
    const world = churn();
    await world.say(OWNER, 'tag churn@2 prod');
    for (const text of ['delete churn@2', 'delete churn', 'delete churn:prod --yes']) {
      const reply = await world.say(OWNER, text);
      assert.equal(codeOf(reply), 'in-use', text);
      assert.deepEqual(repairsOf(reply), ['untag churn prod']);
    }
    await world.say(OWNER, 'untag churn prod');
    await world.say(OWNER, 'rollback churn --to 1');
    const reply = await world.say(OWNER, 'delete churn@1 --yes');
    assert.deepEqual([codeOf(reply), repairsOf(reply)], ['in-use', ['rollback churn --to 3']]);
    assert.equal((await world.say(OWNER, 'delete churn --yes')).kind, 'left');
  });

  test('while a build or a proof of it is at work', async () => {
    const world = churn();
    const request = { ...sample('queued').request, specs: [] };
    const { build } = await world.services.create(request, {
      ...{ user: OWNER, channel: 'C1', team: null },
    });
    const refused = await world.say(OWNER, 'delete churn@1 --yes');
    assert.deepEqual([codeOf(refused), repairsOf(refused)], ['in-use', [`cancel ${build.id}`]]);
    await world.store.updateBuild(build.id, (known) => ({
      ...known,
      ...{ state: 'ready', revision: 2, verifying: true },
    }));
    assert.equal(codeOf(await world.say(OWNER, 'delete churn@2 --yes')), 'in-use');
    assert.equal((await world.say(OWNER, 'delete churn@1 --yes')).kind, 'left');
  });

  test('from an edge while a build that began meanwhile may stage the same', async () => {
    const world = churn();
    world.errands.worker = null;
    await world.say(OWNER, 'delete churn@2 --yes');
    await world.services.create(sample('queued').request, {
      ...{ user: OWNER, channel: 'C1', team: null },
    });
    const left = await removeLetGo(world.ports, 'churn', progress);
    assert.match(left[0]?.why ?? '', /at work/);
    assert.deepEqual(world.removed, []);
  });
});

describe('a revision that was let go', () => {
  /** Built for real, so that its lock gives the same fingerprint again. */
  async function built(): Promise<Edges> {
    const world = createEdges({
      engine: engineSolving(async () => ({
        platform: 'linux-64',
        packages: [locked(`numpy ${asked}`)],
      })),
    });
    let asked = '1';
    for (const version of ['1', '2']) {
      asked = version;
      await world.services.create(sample('queued').request, {
        ...{ user: OWNER, channel: 'C1', team: null },
      });
      await world.work('churn');
    }
    return world;
  }

  test('is built again from its lock, under its number and fingerprint', async () => {
    const world = await built();
    const before = world.store.environments.get('churn')?.revisions[0];
    await world.say(OWNER, 'delete churn@1 --yes');
    const old = world.store.builds.get(before?.buildId ?? '');
    assert.equal(old?.letGo?.by, OWNER);
    assert.deepEqual(await world.store.readLog(old?.id ?? '', 10), []);
    const reply = await world.say(OWNER, 'restore churn@1');
    assert.ok(reply.kind === 'build', JSON.stringify(reply));
    await world.work('churn');
    const { revision, state, fingerprint, reused, letGo } = await world.newest('churn');
    assert.deepEqual(
      [state, revision, fingerprint, reused, letGo],
      ['ready', 1, before?.fingerprint, false, null],
    );
    assert.deepEqual(there(world), [1, 2]);
    assert.equal((await world.services.findRevision('churn', null)).number, 2);
    assert.deepEqual(
      stagedOf(world, 1),
      before?.stagings.map(({ edge }) => edge),
    );
    assert.equal(codeOf(await world.say(OWNER, 'restore churn@1')), 'still-there');
    assert.equal(codeOf(await world.say('U9', 'restore churn@1')), 'not-allowed');
  });

  test('is said of its build once, however long an edge is away', async () => {
    const world = await built();
    const updateBuild = world.store.updateBuild.bind(world.store);
    const changed: string[] = [];
    world.store.updateBuild = (id, change) => {
      changed.push(id);
      return updateBuild(id, change);
    };
    world.away.add('lab');
    await world.say(OWNER, 'delete churn@1 --yes');
    await removeLetGo(world.ports, 'churn', progress);
    assert.deepEqual(changed, [world.store.environments.get('churn')?.revisions[0]?.buildId]);
  });

  test('is neither proven again nor answered with, even before its bytes are gone', async () => {
    const world = await built();
    const by = { user: OWNER, channel: 'C1', team: null };
    const { request } = sample('queued');
    const before = await world.services.createPlanned(request, by);
    assert.equal('known' in before && before.known.number, 2);
    world.away.add('lab');
    await world.say(OWNER, 'delete churn@2 --yes');
    assert.equal(codeOf(await world.say(OWNER, 'verify churn@2')), 'let-go');
    assert.ok('build' in (await world.services.createPlanned(request, by)));
  });

  test('stays when the same is built before its bytes are gone', async () => {
    const world = await built();
    world.errands.worker = null;
    await world.say(OWNER, 'delete churn@1 --yes');
    await world.say(OWNER, 'restore churn@1');
    await world.work('churn');
    const { id, reused, revision } = await world.newest('churn');
    assert.deepEqual([reused, revision], [true, 1]);
    assert.deepEqual(await removeLetGo(world.ports, 'churn', progress), []);
    assert.deepEqual([there(world), world.removed], [[1, 2], []]);
    assert.equal((await world.services.findRevision('churn', null)).number, 2);
    assert.equal((await world.services.findBuild('churn@1')).id, id);
  });

  test('is left alone while the build that takes it back is at work', async () => {
    const world = await built();
    const cleared: string[] = [];
    const { workspace } = world.ports;
    const removeArchive = async (fingerprint: string) => void cleared.push(fingerprint);
    world.ports.workspace = { ...workspace, removeArchive };
    world.errands.worker = null;
    await world.say(OWNER, 'delete churn@1 --yes');
    await world.say(OWNER, 'restore churn@1');
    const { id } = await world.newest('churn');
    // As it is once it has staged, while its proof runs.
    await world.store.updateBuild(id, (build) => ({ ...build, state: 'running', revision: 1 }));
    await removeLetGo(world.ports, 'churn', progress);
    assert.deepEqual([cleared, world.store.builds.get(id)?.letGo], [[], null]);
    await world.store.updateBuild(id, (build) => ({ ...build, state: 'failed' }));
    await removeLetGo(world.ports, 'churn', progress);
    assert.deepEqual([cleared.length, world.store.builds.get(id)?.letGo], [1, null]);
  });
});

describe('a name whose revisions are all let go', () => {
  test('stays owned, is listed on request, and is free once forgotten', async () => {
    const world = churn();
    assert.equal(codeOf(await world.say(OWNER, 'delete churn --forget')), 'still-there');
    await world.say(OWNER, 'delete churn --yes');
    const names = async (text: string) => {
      const reply = await world.say(OWNER, text);
      return reply.kind === 'environments' && reply.environments.map(({ name }) => name);
    };
    const again = await world.say(OWNER, 'delete churn');
    assert.deepEqual(
      [codeOf(again), repairsOf(again)],
      ['let-go', ['delete churn --forget', 'restore churn@3']],
    );
    assert.deepEqual([await names('list'), await names('list --all')], [[], ['churn']]);
    const hidden = async (text: string) => {
      const reply = await world.say(OWNER, text);
      return reply.kind === 'environments' && reply.letGo;
    };
    assert.deepEqual([await hidden('list'), await hidden('list --all')], [1, 0]);
    const create = 'create churn python=3.11 numpy';
    assert.equal(codeOf(await world.say('U9', create)), 'name-taken');
    assert.equal((await world.say(OWNER, 'delete churn --forget')).kind, 'notice');
    assert.deepEqual(await names('list --all'), []);
    assert.equal((await world.say('U9', create)).kind, 'build');
  });

  test('means the first that comes back, whatever somebody chose before', async () => {
    const world = churn();
    await world.say(OWNER, 'rollback churn --to 1');
    for (const text of ['delete churn@3 --yes', 'delete churn@2 --yes', 'delete churn@1 --yes']) {
      assert.equal((await world.say(OWNER, text)).kind, 'left', text);
    }
    await world.store.updateEnvironment('churn', (known) =>
      withRevision(known, 2, { letGo: null }),
    );
    assert.equal((await world.services.findRevision('churn', null)).number, 2);
  });

  test('cannot be forgotten while an edge still has something of it', async () => {
    const world = churn();
    world.away.add('lab');
    await world.say(OWNER, 'delete churn --yes');
    assert.equal(codeOf(await world.say(OWNER, 'delete churn --forget')), 'still-there');
    world.away.clear();
    await removeLetGo(world.ports, 'churn', progress);
    assert.equal((await world.say(OWNER, 'delete churn --forget')).kind, 'notice');
  });

  test('is forgotten with what a build of it that failed has begun on an edge', async () => {
    const world = churn();
    const { archive } = sample('ready');
    assert.ok(archive);
    await world.say(OWNER, 'delete churn --yes');
    const begun = [{ ...placeOf(staging()), revision: 4, archive }];
    world.store.builds.set('failed', sample('failed', { id: 'failed', begun }));
    world.away.add('lab');
    const forget = 'delete churn --forget';
    assert.equal(codeOf(await world.say(OWNER, forget)), 'still-there');
    world.away.clear();
    world.removed.length = 0;
    assert.equal((await world.say(OWNER, forget)).kind, 'notice');
    assert.deepEqual(world.removed, ['lab churn@4']);
  });

  test('is not forgotten once somebody builds it, however late they ask', async () => {
    const world = churn();
    await world.say(OWNER, 'delete churn --yes');
    const remove = world.store.removeEnvironment.bind(world.store);
    world.store.removeEnvironment = async (name, allow) => {
      await world.say(OWNER, 'create churn python=3.11 numpy');
      return remove(name, allow);
    };
    const reply = await world.say(OWNER, 'delete churn --forget');
    assert.equal(codeOf(reply), 'still-there');
    const { id, state } = await world.newest('churn');
    assert.ok(JSON.stringify(reply).includes(`is being built right now (build \`${id}\`)`));
    assert.equal(state, 'queued');
    assert.equal(world.store.environments.get('churn')?.revisions.length, 3);
  });

  test("is its builder's again where it was forgotten just before the build was recorded", async () => {
    const world = churn();
    await world.say(OWNER, 'delete churn --yes');
    const begin = world.store.beginBuild.bind(world.store);
    world.store.beginBuild = async (build) => {
      assert.equal((await world.say(OWNER, 'delete churn --forget')).kind, 'notice');
      return begin(build);
    };
    await world.say(OWNER, 'create churn python=3.11 numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, { buildId: id, attempt: 1 }, progress.signal);
    assert.equal((await world.newest('churn')).state, 'ready');
    const { owner, revisions } = await world.services.findEnvironment('churn');
    assert.deepEqual([owner, revisions.map(({ number }) => number)], [OWNER, [1]]);
  });

  test('is forgotten by an operator who leaves to an edge what it has, and is told where', async () => {
    const world = churn();
    world.away.add('lab');
    await world.say(OWNER, 'delete churn --yes');
    const forced = 'delete churn --forget --force';
    assert.equal(codeOf(await world.say(OWNER, forced)), 'not-allowed');
    const reply = await world.say(OPERATOR, forced);
    assert.ok(reply.kind === 'notice');
    assert.match(JSON.stringify(reply), /nobody removes any more: `lab \/srv\/ferry\/envs\/churn/);
    assert.equal(world.store.environments.has('churn'), false);
  });
});

describe('a build beyond the quota', () => {
  test('is refused with what to delete, and begins once that is gone', async () => {
    const world = createWorld(
      {},
      {
        settings: { ...settings, quota: { ...settings.quota, environments: 1 } },
      },
    );
    world.store.environments.set('churn', environment());
    const refused = await world.say(OWNER, 'create other python=3.11 numpy');
    assert.deepEqual([codeOf(refused), repairsOf(refused)], ['quota', ['delete churn']]);
    assert.deepEqual(await world.store.listBuilds({ limit: 1 }), []);
    await world.say(OWNER, 'delete churn --yes');
    assert.equal((await world.say(OWNER, 'create other python=3.11 numpy')).kind, 'build');
  });

  test('is not had by running failed ones again, either', async () => {
    const quota = { ...settings.quota, builds: 1 };
    const world = createWorld({}, { settings: { ...settings, quota } });
    for (const name of ['churn', 'sales']) {
      await world.say('U1', `create ${name} numpy`);
      const { id } = await world.newest(name);
      await world.store.updateBuild(id, (each) => ({ ...each, state: 'failed' }));
    }
    assert.equal((await world.say('U1', 'retry churn')).kind, 'build');
    assert.equal(codeOf(await world.say('U1', 'retry sales')), 'quota');
    assert.equal((await world.newest('sales')).state, 'failed');
  });
});

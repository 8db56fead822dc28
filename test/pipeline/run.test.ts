import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { newBuild, pendingSteps } from '../../src/domain/build.ts';
import { Cancelled, outsideError, userError } from '../../src/domain/errors.ts';
import { MANIFEST, type Papers } from '../../src/domain/manifest.ts';
import type { Edge, SolveRequest } from '../../src/domain/ports.ts';
import { parseJson } from '../../src/domain/shape.ts';
import { announce } from '../../src/pipeline/announce.ts';
import { BuildRun } from '../../src/pipeline/context.ts';
import { abandonBuild, runBuild, runProof } from '../../src/pipeline/run.ts';
import { build as sample, staging } from '../answers/samples.ts';
import {
  createLoneWorld,
  createWorld,
  engineSolving,
  jobFor,
  locked,
  type World,
} from './world.ts';

const never = new AbortController().signal;

/** An engine that chooses what `chosen` says at the time, and what it was asked. */
function choosing(chosen: () => readonly string[]) {
  const asked: SolveRequest[] = [];
  const engine = engineSolving(async (request) => {
    asked.push(request);
    return { platform: 'linux-64', packages: chosen().map(locked) };
  });
  return { engine, asked };
}

/** Every configured edge, with a change. */
function edgesWith(change: (edge: Edge) => Partial<Edge>): ReadonlyMap<string, Edge> {
  const { edges } = createLoneWorld().ports;
  return new Map([...edges].map(([name, edge]) => [name, { ...edge, ...change(edge) }]));
}

const detailOf = async (world: World, step: string) =>
  (await world.newest('churn')).steps.find(({ name }) => name === step)?.detail ?? '';

const revisionsOf = ({ store }: World) =>
  (store.environments.get('churn')?.revisions ?? []).map(({ number }) => number);

describe('a build', () => {
  test('ends ready, as a revision of its environment', async () => {
    const world = createLoneWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready', JSON.stringify(build.failure));
    assert.ok(build.steps.every(({ status }) => status === 'complete'));
    assert.deepEqual([build.revision, build.reused], [1, false]);
    const environment = world.store.environments.get('churn');
    assert.equal(environment?.owner, 'U1');
    assert.deepEqual(
      environment?.revisions.map(({ buildId }) => buildId),
      [build.id],
    );
  });

  test('that waits for a prefix says so in the step that needs it, and in its log', async () => {
    const why = 'waiting for a free prefix, held by build other';
    const seen: string[] = [];
    const { ports } = createLoneWorld();
    const world: World = createLoneWorld({
      workspace: {
        ...ports.workspace,
        acquirePrefix: async (_build, _signal, waiting) => {
          await waiting(why);
          seen.push(await detailOf(world, 'create'));
          return { path: '/prefix', release: async () => undefined };
        },
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.deepEqual([build.state, seen[0]], ['ready', why]);
    assert.match((await world.store.readLog(build.id, 99)).join('\n'), new RegExp(why));
  });

  test('with a known fingerprint is answered with the revision that is staged', async () => {
    const packed: string[] = [];
    const { packer } = createLoneWorld().ports;
    const world = createLoneWorld({
      packer: {
        ...packer,
        pack: async (request, progress) => {
          packed.push(request.root);
          return packer.pack(request, progress);
        },
      },
    });
    for (let round = 0; round < 2; round += 1) {
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
    }
    const build = await world.newest('churn');
    assert.deepEqual([build.state, build.revision, build.reused], ['ready', 1, true]);
    assert.deepEqual(packed, ['churn']);
    assert.deepEqual(revisionsOf(world), [1]);
  });

  test('with a known fingerprint keeps its number when the archive has to be staged again', async () => {
    const world = createLoneWorld({ edges: edgesWith(() => ({ isIntact: async () => false })) });
    for (let round = 0; round < 2; round += 1) {
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
    }
    const build = await world.newest('churn');
    assert.deepEqual([build.state, build.revision, build.reused], ['ready', 1, false]);
    assert.deepEqual(revisionsOf(world), [1]);
  });

  test('with other packages is the next revision, and going back is the old one', async () => {
    let chosen = ['numpy 1.26'];
    const world = createLoneWorld(choosing(() => chosen));
    const numbers: (number | null)[] = [];
    for (const next of ['numpy 1.26', 'numpy 2.2', 'numpy 1.26']) {
      chosen = [next];
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      numbers.push((await world.newest('churn')).revision);
    }
    assert.deepEqual(numbers, [1, 2, 1]);
    assert.deepEqual(revisionsOf(world), [1, 2]);
  });

  test('is what the bare name means on the edges from then on, in a build and in an errand', async () => {
    const told: [string, number | null][] = [];
    let isAway = false;
    const edges = edgesWith(({ name }) => ({
      point: async (environment, pointers) => {
        assert.equal(environment, 'churn');
        if (isAway) throw outsideError({ code: 'edge-unreachable', message: 'No.' });
        told.push([name, pointers.default]);
      },
    }));
    let chosen = ['numpy 1.26'];
    const world = createWorld({ ...choosing(() => chosen), edges });
    for (const next of ['numpy 1.26', 'numpy 2.2']) {
      chosen = [next];
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
    }
    assert.deepEqual(told, [
      ['lab', 1],
      ['lab', 2],
    ]);
    const ask = () => world.errands.ask('point', { environment: 'churn' });
    assert.deepEqual(await ask(), { unreached: [] });
    isAway = true;
    chosen = ['numpy 3.0'];
    assert.deepEqual(await ask(), { unreached: ['lab'] });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
  });

  test('that an older version staged is started by its name once it is asked for again', async () => {
    const edges = edgesWith((edge) => ({
      stage: async (request, progress) => ({
        ...(await edge.stage(request, progress)),
        archiveLink: null,
      }),
      launch: async (known) => ({ ...known, archiveLink: '/srv/ferry/envs/churn/1/churn.zip' }),
    }));
    const world = createWorld({ edges });
    for (const link of [null, '/srv/ferry/envs/churn/1/churn.zip']) {
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      assert.equal((await world.newest('churn')).stagings[0]?.archiveLink, link);
      const [revision] = world.store.environments.get('churn')?.revisions ?? [];
      assert.equal(revision?.stagings[0]?.archiveLink, link);
    }
  });

  test('is signed as it lies on every edge, with a bill of what is in it', async () => {
    const papers: Papers[] = [];
    const edges = edgesWith((edge) => ({
      stage: async (request, progress) => {
        papers.push(request.papers);
        return edge.stage(request, progress);
      },
    }));
    const { engine } = choosing(() => ['numpy 2.2']);
    const sign = async (text: string) => `signed ${hash('sha256', text)}\n`;
    const world = createWorld({ engine, edges, sign });
    await world.say('U1', 'create churn numpy --edge lab --edge madrid');
    await world.work('churn');
    const { fingerprint, archive } = await world.newest('churn');
    assert.ok(papers.length > 1);
    for (const { json, 'json.sig': signature, 'cdx.json': bill } of papers) {
      assert.equal(signature, `signed ${hash('sha256', json)}\n`);
      const manifest = parseJson(json, MANIFEST);
      assert.deepEqual(
        [
          manifest?.environment,
          manifest?.revision,
          manifest?.fingerprint,
          manifest?.archive.sha256,
        ],
        ['churn', 1, fingerprint, archive?.sha256],
      );
      assert.match(JSON.parse(bill).components[0].purl, /^pkg:conda\/numpy@2\.2\?/);
    }
  });

  test('in the other layout is another revision', async () => {
    const world = createLoneWorld();
    for (const layout of ['local', 'global']) {
      await world.say('U1', `create churn numpy --layout ${layout}`);
      await world.work('churn');
    }
    assert.deepEqual(revisionsOf(world), [1, 2]);
  });

  test('goes on from its checkpoints when it is run again', async () => {
    const { engine, asked } = choosing(() => ['numpy 2.2']);
    let fails = true;
    const edges = edgesWith((edge) => ({
      stage: async (request, progress) => {
        if (fails) throw outsideError({ code: 'edge-unreachable', message: 'No.' });
        return edge.stage(request, progress);
      },
    }));
    const { workspace } = createLoneWorld().ports;
    const world = createLoneWorld({
      ...{ engine, edges },
      workspace: { ...workspace, holdsArchive: async () => true },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code], ['failed', 'edge-unreachable']);
    fails = false;
    await world.say('U1', 'retry churn');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.equal(asked.length, 1);
    assert.match(await detailOf(world, 'pack'), /done before/);
  });

  test('that is not on every edge it is asked for is staged where it lacks', async () => {
    const staged: string[] = [];
    const edges = edgesWith((edge) => ({
      stage: async (request, progress) => {
        staged.push(edge.name);
        return edge.stage(request, progress);
      },
    }));
    const world = createLoneWorld({ edges });
    await world.say('U1', 'create churn numpy --edge lab');
    await world.work('churn');
    await world.say('U1', 'create churn numpy --edge madrid');
    await world.work('churn');
    assert.deepEqual(staged, ['lab', 'madrid']);
    const [revision] = world.store.environments.get('churn')?.revisions ?? [];
    assert.deepEqual(
      revision?.stagings.map(({ edge }) => edge),
      ['lab', 'madrid'],
    );
  });

  test('of an edge that this build host does not know fails with the ones it knows', async () => {
    const known = [...edgesWith(() => ({}))].filter(([name]) => name !== 'lab');
    const world = createLoneWorld({ edges: new Map(known) });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { failure } = await world.newest('churn');
    assert.equal(failure?.code, 'unknown-edge');
    assert.match(failure?.suggestion ?? '', /^Choose one of `madrid`\.$/);
  });

  test('whose proof fails has failed, and its name is nobody’s', async () => {
    const edges = edgesWith(() => ({
      run: async () => ({ code: 1, timedOut: false, stdout: '', stderr: 'no module named x' }),
    }));
    const verification = { enabled: true, timeoutSeconds: 1, executors: 1 };
    const world = createLoneWorld({ edges, verification });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.deepEqual([build.state, build.failure?.code], ['failed', 'verification-failed']);
    assert.deepEqual(revisionsOf(world), []);
  });
});

describe('a store that is away', () => {
  for (const code of ['store-unavailable', 'store-full']) {
    test(`for a moment (${code}) is no verdict: the build is run again`, async () => {
      const world = createLoneWorld();
      await world.say('U1', 'create churn numpy');
      const { store } = world;
      const write = store.writeCheckpoint;
      store.writeCheckpoint = async () => {
        store.writeCheckpoint = write;
        throw outsideError({ code, message: 'Redis does not answer.', retryable: true });
      };
      await assert.rejects(world.work('churn'), { code });
      assert.equal((await world.newest('churn')).state, 'running');
      assert.equal(store.notices.size, 0);
      await world.work('churn');
      assert.equal((await world.newest('churn')).state, 'ready');
    });
  }

  test('while a build is verified again leaves that to the queue', async () => {
    const edges = edgesWith(() => ({
      run: async () => {
        isAway = true;
        return { code: 0, timedOut: false, stdout: '', stderr: '' };
      },
    }));
    const verification = { enabled: true, timeoutSeconds: 1, executors: 1 };
    const world = createLoneWorld({ edges, verification });
    const ready = sample('ready', { verifying: true });
    const { id } = ready;
    await world.store.createBuild(ready);
    const updateEnvironment = world.store.updateEnvironment.bind(world.store);
    let isAway = false;
    world.store.updateEnvironment = async (name, change) => {
      if (!isAway) return updateEnvironment(name, change);
      isAway = false;
      throw outsideError({ code: 'store-unavailable', message: 'Redis is away.' });
    };
    await assert.rejects(runProof(world.ports, jobFor(id), never), { code: 'store-unavailable' });
    assert.equal((await world.store.readBuild(id))?.verifying, true);
  });

  test('for the log alone does not fail a build', async () => {
    const world = createLoneWorld();
    world.store.appendLog = async () => {
      throw outsideError({ code: 'store-full', message: 'Full.' });
    };
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
  });
});

describe('a build that is stopped', () => {
  async function stoppedBy(reason: Cancelled): Promise<World> {
    const stop = new AbortController();
    const world = createLoneWorld({
      engine: engineSolving(async () => {
        stop.abort(reason);
        return { platform: 'linux-64', packages: [] };
      }),
    });
    await world.say('U1', 'create churn numpy');
    await runBuild(world.ports, jobFor((await world.newest('churn')).id), stop.signal);
    return world;
  }

  test('by a person is cancelled, and its environment free', async () => {
    const world = await stoppedBy(new Cancelled('cancelled'));
    assert.equal((await world.newest('churn')).state, 'cancelled');
    assert.equal((await world.say('U2', 'create churn pandas')).kind, 'build');
  });

  for (const reason of ['shutdown', 'lock-lost'] as const) {
    test(`by ${reason} is for another worker to go on with`, async () => {
      await assert.rejects(stoppedBy(new Cancelled(reason)), { name: 'Cancelled', reason });
    });
  }

  test('ends for that reason, whatever a part of it that was stopped says', async () => {
    for (const reason of ['cancelled', 'shutdown'] as const) {
      const stop = new AbortController();
      const world = createLoneWorld({
        engine: engineSolving(async () => {
          stop.abort(new Cancelled(reason));
          await wait(1, undefined, { signal: stop.signal });
          throw new Error('it was stopped');
        }),
      });
      await world.say('U1', 'create churn numpy');
      const job = jobFor((await world.newest('churn')).id);
      const ran = runBuild(world.ports, job, stop.signal);
      if (reason === 'shutdown') await assert.rejects(ran, { name: 'Cancelled', reason });
      else await ran;
      const { state, steps } = await world.newest('churn');
      const expected = { cancelled: ['cancelled', 'error'], shutdown: ['running', 'in_progress'] };
      assert.deepEqual([state, steps[0]?.status], expected[reason]);
    }
  });

  test('before a worker had it does nothing', async () => {
    const { engine, asked } = choosing(() => []);
    const world = createLoneWorld({ engine });
    await world.say('U1', 'create churn numpy');
    await world.say('U1', 'cancel churn');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'cancelled');
    assert.equal(asked.length, 0);
  });

  test('by the queue, which gave it up, has failed and may be tried again', async () => {
    const world = createLoneWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await abandonBuild(world.ports, jobFor(id), new Error('stalled more than once'));
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code, failure?.retryable], ['failed', 'abandoned', true]);
    await abandonBuild(world.ports, jobFor(id), new Error('again'));
    assert.equal(world.store.notices.size, 1);
  });
  for (const isBegunAnew of [false, true]) {
    test(`by the queue is ready where its revision is kept${isBegunAnew ? ', also begun anew since' : ''}`, async () => {
      const away = outsideError({ code: 'store-unavailable', message: 'Redis is away.' });
      // What a worker does between a revision and the end of its build.
      const edges = edgesWith(() => ({ point: () => Promise.reject(away) }));
      const world = createLoneWorld({ edges });
      await world.say('U1', 'create churn numpy');
      const { id } = await world.newest('churn');
      await assert.rejects(runBuild(world.ports, jobFor(id), never), away);
      assert.deepEqual([(await world.newest('churn')).state, revisionsOf(world)], ['running', [1]]);
      if (isBegunAnew) {
        await world.store.updateBuild(id, (build) => ({
          ...build,
          ...{ steps: pendingSteps(), stagings: [], verifications: [] },
        }));
      }
      await abandonBuild(world.ports, jobFor(id), new Error('stalled more than once'));
      const { state, steps, stagings, begun, revision } = await world.newest('churn');
      assert.deepEqual([state, revision, begun], ['ready', 1, []]);
      assert.deepEqual(stagings, world.store.environments.get('churn')?.revisions[0]?.stagings);
      assert.ok(steps.every(({ status }) => status === 'complete'));
      assert.equal(await world.store.buildAtWork('churn'), null);
    });
  }

  test('says what every try of it ended with, where no host went away', async () => {
    const world = createLoneWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    const message = 'The store (Redis) is full.';
    const full = outsideError({ code: 'store-full', message, retryable: true });
    await abandonBuild(world.ports, jobFor(id), full);
    const { failure } = await world.newest('churn');
    assert.match(failure?.message ?? '', /given up after some tries: The store \(Redis\) is full/);
  });
});

describe('what a build tells', () => {
  test('is told where Redis has no room left for how long it took', async () => {
    const world = createLoneWorld();
    world.store.addTiming = async () => {
      throw outsideError({ code: 'store-full', message: 'Redis is full.', retryable: true });
    };
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.equal(world.store.notices.size, 1);
  });

  test('has no secret in its log, its steps and its failure', async () => {
    const world = createLoneWorld({
      engine: engineSolving(async (_request, progress) => {
        progress.log('GET https://channel.example with hunter2');
        progress.detail('asking with hunter2');
        throw userError({
          ...{ code: 'channel-refused', message: 'No hunter2.', suggestion: 'Try hunter2.' },
          details: 'the story of hunter2',
        });
      }),
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    const log = await world.store.readLog(build.id, 99);
    assert.ok(
      log.some((line) => line.includes('with «secret»')),
      log.join('\n'),
    );
    assert.ok(
      log.some((line) => line.includes('the story of «secret»')),
      log.join('\n'),
    );
    assert.doesNotMatch(JSON.stringify([log, build]), /hunter2/);
  });

  test('counts what changed since the last revision', async () => {
    let chosen = ['python 3.11', 'numpy 1.26', 'old 1'];
    const world = createLoneWorld(choosing(() => chosen));
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal(await detailOf(world, 'solve'), '3 packages');
    chosen = ['python 3.10', 'numpy 2.2', 'six 1', 'toolz 1', 'tqdm 1'];
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal(
      await detailOf(world, 'solve'),
      '5 packages: 3 added, 2 changed, 1 removed since @1',
    );
  });

  /** Targets of the notices after a build that took so long. */
  async function noticesAfter(seconds: number): Promise<string[]> {
    let now = 1_000_000_000_000;
    const world = createLoneWorld({
      clock: { now: () => now },
      directNoticeAfterSeconds: 300,
    });
    const { id } = sample('running');
    await world.store.createBuild(sample('running', { queuedAt: now, startedAt: null }));
    now += seconds * 1000;
    await runBuild(world.ports, jobFor(id), never);
    return [...world.store.notices.values()].map((notice) =>
      notice.kind === 'settled' ? notice.target : notice.kind,
    );
  }

  test('comes as a direct message too when it took long, and only then', async () => {
    assert.deepEqual(await noticesAfter(20), ['thread']);
    assert.deepEqual(await noticesAfter(301), ['thread', 'direct']);
  });

  test('is told once, however often its end is announced', async () => {
    const world = createLoneWorld();
    const ready = sample('ready');
    await world.store.createBuild(ready);
    for (let round = 0; round < 2; round += 1) await runBuild(world.ports, jobFor(ready.id), never);
    await announce(new BuildRun(world.ports, ready, never));
    assert.deepEqual(
      [...world.store.notices.values()].map(({ id, dueAt }) => [id, dueAt]),
      [[`${ready.id}.1.thread`, ready.finishedAt]],
    );
  });
});

describe('a build that begins with its lock', () => {
  const lock = { platform: 'linux-64' as const, packages: [locked('numpy 1.26.4')] };

  test('has those packages, and the engine is not asked for others, however often it runs', async () => {
    const { engine, asked } = choosing(() => ['numpy 2.2.6']);
    let isAway = true;
    const edges = edgesWith((edge) => ({
      profile: async (progress) => {
        if (isAway) throw outsideError({ code: 'edge-unreachable', message: 'away' });
        return edge.profile(progress);
      },
    }));
    const world = createLoneWorld({ engine, edges });
    const request = { ...sample('queued').request, edges: ['lab'] };
    const requester = { user: 'U1', channel: 'C1', team: null };
    await world.store.claimEnvironment('churn', 'U1', 1);
    await world.store.createBuild(newBuild({ id: 'b1', request, requester, now: 1, lock }));
    await world.work('churn');
    const failed = await world.newest('churn');
    assert.deepEqual([failed.failure?.code, failed.lock], ['edge-unreachable', lock]);
    isAway = false;
    await world.services.retry(failed, requester);
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready', JSON.stringify(build.failure));
    assert.deepEqual([build.lock, asked], [lock, []]);
    assert.deepEqual(world.store.environments.get('churn')?.revisions[0]?.lock, lock);
    assert.notEqual(build.fingerprint, null);
  });
});

describe('what is solved', () => {
  /** What the engine is asked where the edges have these versions of glibc. */
  async function glibcFor(versions: readonly (string | null)[], text = '--edge lab --edge madrid') {
    const left = [...versions];
    const { engine, asked } = choosing(() => []);
    const edges = edgesWith(() => ({
      profile: async () => ({ ...staging().cluster, glibc: left.shift() ?? null }),
    }));
    const world = createLoneWorld({ engine, edges });
    await world.say('U1', `create churn numpy ${text}`);
    await world.work('churn');
    return asked[0]?.glibc;
  }

  test('suits the oldest glibc of all edges, by number', async () => {
    assert.equal(await glibcFor(['2.36', '2.17']), '2.17');
    assert.equal(await glibcFor(['2.9', '2.17']), '2.9');
    assert.equal(await glibcFor([null, '2.28']), '2.28');
    assert.equal(await glibcFor([null, null]), null);
  });

  test('comes from the channels that are named, in their order, then from those of packages', async () => {
    const { engine, asked } = choosing(() => []);
    const world = createLoneWorld({ engine });
    await world.say('U1', 'create a numpy');
    await world.work('a');
    await world.say('U1', 'create b numpy -c internal -c conda-forge');
    await world.work('b');
    await world.say('U1', 'create c internal::numpy');
    await world.work('c');
    assert.deepEqual(
      asked.map(({ channels }) => channels.map(({ name }) => name)),
      [['conda-forge'], ['internal', 'conda-forge'], ['conda-forge', 'internal']],
    );
  });

  test('has the projects that are asked for, pinned, in its revision', async () => {
    const { projects } = createLoneWorld().ports;
    const pin = { name: 'features', origin: 'features@main', sha256: '1'.repeat(64) };
    const installed: string[] = [];
    const world = createLoneWorld({
      projects: {
        ...projects,
        pin: async () => [pin],
        install: async (list, _directory, { glibc }) => {
          // What is compiled is to run on every edge that was asked for.
          assert.equal(glibc, staging().cluster.glibc);
          installed.push(...list.map(({ name }) => name));
        },
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.deepEqual((await world.newest('churn')).projects, []);
    await world.say('U1', 'create churn numpy --project features@main');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.deepEqual([build.projects, build.revision], [[pin], 2]);
    assert.deepEqual(installed, ['features']);
  });

  test('becomes a zip where every cluster is YARN, else a tar.gz, else what was asked for', async () => {
    const formats: string[] = [];
    const { packer } = createLoneWorld().ports;
    const pack: typeof packer.pack = async (request, progress) => {
      formats.push(request.format);
      return packer.pack(request, progress);
    };
    const mixed = edgesWith(({ name }) => ({
      profile: async () => ({
        ...staging().cluster,
        manager: name === 'lab' ? 'yarn' : 'kubernetes',
      }),
    }));
    for (const [edges, options] of [
      [createLoneWorld().ports.edges, '--edge lab --edge madrid'],
      [mixed, '--edge lab --edge madrid'],
      [mixed, '--edge madrid --format zip'],
    ] as const) {
      const world = createLoneWorld({ packer: { ...packer, pack }, edges });
      await world.say('U1', `create churn numpy ${options}`);
      await world.work('churn');
    }
    assert.deepEqual(formats, ['zip', 'tar.gz', 'zip']);
  });
});

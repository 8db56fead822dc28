import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderText } from '../../src/answers/text.ts';
import { type Build, edgesToCome, hasLine } from '../../src/domain/build.ts';
import { Cancelled, outsideError } from '../../src/domain/errors.ts';
import { linesForBuild } from '../../src/domain/lines.ts';
import type { Edge } from '../../src/domain/ports.ts';
import { abandonBuild, runBuild, runProof } from '../../src/pipeline/run.ts';
import { build, environment, executor, revision, settings, staging } from '../answers/samples.ts';
import { createLoneWorld, jobFor, type World } from './world.ts';

/** What the script of the proof prints where two executors have the environment. */
const PROVEN = `CONDA_FERRY_EVIDENCE ${JSON.stringify({
  ...{ npv: ['2.2.6'], registered: 2, driver: null },
  executors: [executor('worker-1'), executor('worker-2')],
})}\n`;

/** What the script of the edge prints when these modules cannot be imported there. */
const trying = (failedImports: Record<string, string>) =>
  `CONDA_FERRY_EVIDENCE ${JSON.stringify({
    ...{ npv: [], registered: null, driver: null },
    executors: [{ ...executor('edge'), failedImports }],
  })}\n`;

/** The proof is of the short line; what else runs is the interpreter alone. */
const isProof = (command: string) => /^\/srv\/ferry\/run churn@3 spark-submit /.test(command);

/** A world that asks for a proof, and the edges where one was run. */
function createProvingWorld(change: Partial<Edge> = {}): World & { proved: string[] } {
  const proved: string[] = [];
  const edges = new Map(
    [...createLoneWorld().ports.edges].map(([name, edge]): [string, Edge] => [
      name,
      {
        ...edge,
        run: async ({ command }) => {
          if (isProof(command)) proved.push(name);
          return { code: 0, timedOut: false, stdout: PROVEN, stderr: '' };
        },
        ...change,
      },
    ]),
  );
  const verification = { enabled: true, timeoutSeconds: 1, executors: 2 };
  return { ...createLoneWorld({ edges, verification }), proved };
}

const answered = (stdout: string) => ({ code: 0, timedOut: false, stdout, stderr: '' });
const never = new AbortController().signal;

const detailOf = async (world: World, step: string) =>
  (await world.newest('churn')).steps.find(({ name }) => name === step)?.detail;

describe('the proof of a build', () => {
  test('that succeeds makes it ready, and says how many executors agree on which numpy', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, verifications } = await world.newest('churn');
    assert.deepEqual([state, verifications[0]?.outcome], ['ready', 'proven']);
    assert.equal(await detailOf(world, 'verify'), '2 executors, one numpy: 2.2.6');
  });

  test('says how long Spark took to start and how long we asked, by the clock of its driver', async () => {
    const times = { application: 6.2, executors: 3.1, asking: 4 };
    const timed = PROVEN.replace('"driver":null', `"driver":null,"times":${JSON.stringify(times)}`);
    const world = createProvingWorld({ run: async () => answered(timed) });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const said = "2 executors, one numpy: 2.2.6, asked in 4.0 s after Spark's start of 9.3 s";
    assert.equal(await detailOf(world, 'verify'), said);
    assert.deepEqual((await world.newest('churn')).verifications[0]?.times, times);
  });

  describe('that fails has the prefix compared with its archive', () => {
    const DAMAGED = '`lib/x.so` of the prefix on the edge was damaged; it is unpacked again.';
    const FAILED = trying({ numpy: 'ImportError: not a Python file' });

    /** What the edge answers of a proof before it was restored and after. */
    const worldWhere = (restore: Edge['restore'], after: string) => {
      let isRestored = false;
      return createProvingWorld({
        run: async ({ command }) => answered(isProof(command) && !isRestored ? FAILED : after),
        restore: async (...asked) => {
          isRestored = true;
          return restore(...asked);
        },
      });
    };

    test('and is tried again where it was damaged, which is said', async () => {
      const world = worldWhere(async () => DAMAGED, PROVEN);
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      assert.equal((await world.newest('churn')).state, 'ready');
      const said = `2 executors, one numpy: 2.2.6. ${DAMAGED}`;
      assert.equal(await detailOf(world, 'verify'), said);
    });

    test('and says both where it still fails', async () => {
      const world = worldWhere(async () => DAMAGED, FAILED);
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      const { state, failure } = await world.newest('churn');
      assert.equal(state, 'failed');
      assert.match(failure?.message ?? '', /numpy.* `lib\/x\.so` of the prefix/s);
    });

    for (const [what, restore] of Object.entries<Edge['restore']>({
      'has nothing damaged': async () => null,
      'cannot be compared': async () => {
        throw outsideError({ code: 'edge-unreachable', message: 'gone' });
      },
    })) {
      test(`and has failed for what it failed for where that ${what}`, async () => {
        const world = worldWhere(restore, PROVEN);
        await world.say('U1', 'create churn numpy');
        await world.work('churn');
        const { state, failure } = await world.newest('churn');
        assert.equal(state, 'failed');
        assert.match(failure?.message ?? '', /numpy/);
      });
    }

    test('by the check that a person asks for, too', async () => {
      let compared = 0;
      const world = createProvingWorld();
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      const { id } = await world.newest('churn');
      const edges = new Map(
        [...world.ports.edges].map(([name, edge]): [string, Edge] => [
          name,
          {
            ...edge,
            run: async () => answered(compared === 0 ? FAILED : PROVEN),
            restore: async () => {
              compared += 1;
              return DAMAGED;
            },
          },
        ]),
      );
      await world.say('U1', 'verify churn');
      await runProof({ ...world.ports, edges }, jobFor(id), never);
      assert.equal(compared, 1);
      assert.equal((await world.newest('churn')).verifications[0]?.outcome, 'proven');
    });
  });

  test('waits for every edge, the line of one for none of the others', async () => {
    const slow = Promise.withResolvers<void>();
    const lineIsThere = Promise.withResolvers<Build>();
    const world = createProvingWorld();
    const [lab, madrid] = [...world.ports.edges].slice(0, 2).map(([name, edge]) => ({
      ...edge,
      stage: async (...asked: Parameters<Edge['stage']>) => {
        if (name === 'madrid') await slow.promise;
        asked[2]?.unpacked(staging(name));
        return staging(name);
      },
    })) as [Edge, Edge];
    const ports = {
      ...world.ports,
      edges: new Map([lab, madrid].map((edge) => [edge.name, edge])),
    };
    await world.say('U1', 'create churn numpy --edge lab --edge madrid');
    const { id } = await world.newest('churn');
    const stop = await world.store.watch(async () => {
      const build = await world.newest('churn');
      if (hasLine(build)) lineIsThere.resolve(build);
    });
    const ended = runBuild(ports, jobFor(id), never);
    const early = await Promise.race([
      lineIsThere.promise,
      ended.then(() => world.newest('churn')),
    ]);
    assert.deepEqual(
      [early.revision, linesForBuild(early).map(({ edge }) => edge), edgesToCome(early)],
      [1, ['lab', 'lab'], ['madrid']],
    );
    slow.resolve();
    await ended;
    await stop();
    assert.deepEqual(edgesToCome(await world.newest('churn')), []);
    assert.deepEqual(world.proved, []);
    await runProof(ports, jobFor(id), never);
    assert.deepEqual(
      [(await world.newest('churn')).state, world.proved.sort()],
      ['ready', ['lab', 'madrid']],
    );
  });

  test('is left to another job: who builds is free, and doing that twice stages nothing twice', async () => {
    let staged = 0;
    const world = createProvingWorld({
      stage: async () => {
        staged += 1;
        return staging();
      },
    });
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    world.queued.length = 0;
    for (let round = 0; round < 2; round += 1) await runBuild(world.ports, jobFor(id), never);
    const waiting = await world.newest('churn');
    assert.deepEqual([waiting.state, hasLine(waiting), world.proved], ['running', true, []]);
    const proof = { buildId: id, purpose: 'verify' };
    assert.deepEqual([staged, world.queued], [1, [proof, proof]]);
    for (let round = 0; round < 2; round += 1) await runProof(world.ports, jobFor(id), never);
    const { state, steps } = await world.newest('churn');
    assert.deepEqual([state, world.proved], ['ready', ['lab']]);
    assert.ok(steps.every(({ status }) => status === 'complete'));
    const environment = await world.store.readEnvironment('churn');
    assert.deepEqual(
      environment?.revisions.map(({ number }) => number),
      [waiting.revision],
    );
  });

  test('is not asked for once somebody has cancelled the build that waits for it', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    await world.say('U1', 'cancel churn');
    await runProof(world.ports, jobFor(id), never);
    assert.deepEqual([(await world.newest('churn')).state, world.proved], ['cancelled', []]);
  });

  test('ends a build also where somebody has asked meanwhile that it be verified again', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    await world.store.updateBuild(id, (build) => ({ ...build, verifying: true }));
    await runProof(world.ports, jobFor(id), never);
    const { state, verifying } = await world.newest('churn');
    assert.deepEqual([state, verifying, world.proved], ['ready', false, ['lab', 'lab']]);
  });

  /** A build whose first proof failed and that was retried, up to where its second is to be asked for. */
  const retried = async (world: World, id: string) => {
    await world.say('U1', 'retry churn');
    await runBuild(world.ports, { buildId: id, attempt: 2 }, never);
  };

  test('of an earlier attempt that comes late says nothing of a later one', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    await abandonBuild(world.ports, jobFor(id), new Error('stalled'));
    await retried(world, id);
    await runProof(world.ports, jobFor(id), never);
    await abandonBuild(world.ports, jobFor(id), new Error('stalled'));
    assert.deepEqual([hasLine(await world.newest('churn')), world.proved], [true, []]);
    await runProof(world.ports, { buildId: id, attempt: 2 }, never);
    assert.deepEqual([(await world.newest('churn')).state, world.proved], ['ready', ['lab']]);
  });

  test('of an earlier attempt that is still at work neither records nor settles a later one', async () => {
    let isLate = true;
    const world = createProvingWorld({
      run: async ({ command }) => {
        if (!isProof(command) || !isLate) return answered(PROVEN);
        isLate = false;
        // Whoever was thought to be gone is still at work when somebody tries again.
        await abandonBuild(world.ports, jobFor(id), new Error('stalled'));
        await retried(world, id);
        return answered('');
      },
    });
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    // Nothing came of it: the queue gives the job to a worker again, for which there is nothing to do.
    await assert.rejects(runProof(world.ports, jobFor(id), never), { reason: 'lock-lost' });
    await runProof(world.ports, jobFor(id), never);
    const waiting = await world.newest('churn');
    assert.deepEqual([waiting.attempt, hasLine(waiting)], [2, true]);
    await runProof(world.ports, { buildId: id, attempt: 2 }, never);
    assert.equal((await world.newest('churn')).state, 'ready');
  });

  for (const reason of ['shutdown', 'lock-lost'] as const) {
    test(`is gone on with by another worker after ${reason}, and its line stays meanwhile`, async () => {
      const stop = new AbortController();
      const world = createProvingWorld({
        run: async ({ command }) => {
          if (!isProof(command) || stop.signal.aborted) return answered(PROVEN);
          stop.abort(new Cancelled(reason));
          throw stop.signal.reason;
        },
      });
      await world.say('U1', 'create churn numpy');
      const { id } = await world.newest('churn');
      await runBuild(world.ports, jobFor(id), never);
      await assert.rejects(runProof(world.ports, jobFor(id), stop.signal), { reason });
      assert.equal(hasLine(await world.newest('churn')), true);
      await runProof(world.ports, jobFor(id), never);
      assert.equal((await world.newest('churn')).state, 'ready');
    });
  }

  test('that is there when somebody cancels has made a revision, and every edge is told of it', async () => {
    const stop = new AbortController();
    const told: boolean[] = [];
    const world = createProvingWorld({
      point: async (_name, _pointers, _papers, signal) => {
        stop.abort(new Cancelled('cancelled'));
        told.push(!signal.aborted);
        signal.throwIfAborted();
      },
    });
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    await runProof(world.ports, jobFor(id), stop.signal);
    const environment = await world.store.readEnvironment('churn');
    assert.deepEqual([environment?.revisions.length, told], [1, [true]]);
    assert.equal((await world.newest('churn')).state, 'ready');
  });

  test('that failed is said by the next worker where the first was killed before it could', async () => {
    const world = createProvingWorld({
      run: async ({ command }) => answered(isProof(command) ? '' : PROVEN),
    });
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    const updateBuild = world.store.updateBuild.bind(world.store);
    world.store.updateBuild = async (buildId, change) =>
      updateBuild(buildId, (build) => {
        const changed = change(build);
        if (changed.state === 'failed') {
          throw outsideError({ code: 'store-unavailable', message: 'Redis is away.' });
        }
        return changed;
      });
    await assert.rejects(runProof(world.ports, jobFor(id), never), { code: 'store-unavailable' });
    world.store.updateBuild = updateBuild;
    await runProof(world.ports, jobFor(id), never);
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code], ['failed', 'verification-failed']);
  });

  test('is asked for once more where somebody wants that while its job is about to end', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    const { id } = await world.newest('churn');
    await runBuild(world.ports, jobFor(id), never);
    // The job is at work still, so that the queue takes no other one for the same.
    world.ports.workspace.clear = async () => {
      await world.say('U1', 'verify churn');
    };
    await runProof(world.ports, jobFor(id), never);
    const { state, verifying } = await world.newest('churn');
    assert.deepEqual([state, verifying, world.proved], ['ready', false, ['lab', 'lab']]);
  });

  test('is asked for once more also while its job tells how a build has ended', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { id } = await world.newest('churn');
    world.ports.workspace.clear = async () => {
      await world.say('U1', 'verify churn');
    };
    await runProof(world.ports, jobFor(id), never);
    const { verifying } = await world.newest('churn');
    assert.deepEqual([verifying, world.proved], [false, ['lab', 'lab']]);
  });

  test('is asked for once more also by a job that has asked for it once more', async () => {
    const world = createProvingWorld();
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { id } = await world.newest('churn');
    await world.say('U1', 'verify churn');
    const { updateBuild } = world.store;
    let asked = 1;
    world.store.updateBuild = async (id, change) => {
      const build = await updateBuild.call(world.store, id, change);
      if (build.verifying || asked === 2) return build;
      asked = 2;
      return updateBuild.call(world.store, id, (current) => ({ ...current, verifying: true }));
    };
    await runProof(world.ports, jobFor(id), never);
    const { verifying } = await world.newest('churn');
    assert.deepEqual([verifying, world.proved], [false, ['lab', 'lab', 'lab']]);
  });

  test('of one edge does not wait for another edge', async () => {
    const both = Promise.withResolvers<void>();
    const begun: string[] = [];
    const world = createProvingWorld();
    for (const [name, edge] of world.ports.edges) {
      (world.ports.edges as Map<string, Edge>).set(name, {
        ...edge,
        run: async ({ command }) => {
          if (isProof(command)) {
            begun.push(name);
            if (begun.length === 2) both.resolve();
            await both.promise;
          }
          return answered(PROVEN);
        },
      });
    }
    await world.say('U1', 'create churn numpy --edge lab --edge madrid');
    await world.work('churn');
    const { state, verifications } = await world.newest('churn');
    assert.deepEqual([state, verifications.length], ['ready', 2]);
    assert.match((await detailOf(world, 'verify')) ?? '', /^lab: 2 executors.*; madrid: 2 exec/);
  });

  test('begins on an edge as soon as it is unpacked there, whatever of it is still on its way', async () => {
    const asked = Promise.withResolvers<void>();
    const commands: string[] = [];
    const world = createProvingWorld({
      stage: async (_request, _progress, following) => {
        following?.unpacked(staging());
        // The rest, as when HDFS is slow: done only after the edge was asked.
        await asked.promise;
        return staging();
      },
      run: async ({ command }) => {
        commands.push(isProof(command) ? 'cluster' : 'edge');
        asked.resolve();
        return answered(PROVEN);
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.deepEqual(commands, ['edge', 'cluster']);
    assert.equal((await world.newest('churn')).state, 'ready');
  });

  test('that an edge could not begin is no reason of a staging that fails', async () => {
    const world = createProvingWorld({
      stage: async (_request, _progress, following) => {
        following?.unpacked(staging());
        throw new Error('HDFS is closed');
      },
      run: async () => {
        throw new Error('the link was cut');
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, failure } = await world.newest('churn');
    assert.equal(state, 'failed');
    assert.match(`${failure?.details}`, /HDFS is closed/);
  });

  test('is of what the revision has by now, where it was built again with other bytes', async () => {
    const proven: string[] = [];
    const world = createProvingWorld({
      run: async ({ command }) => {
        proven.push(command);
        return { code: 1, timedOut: false, stdout: '', stderr: '' };
      },
    });
    const known = staging();
    const kept = {
      ...known,
      archive: { ...known.archive, sha256: 'd'.repeat(64) },
      archivePath: known.archivePath.replace(known.archive.sha256, 'd'.repeat(64)),
      ...{ driverPrefix: `${known.driverPrefix}-dddddddddddd`, archiveLink: '/newer' },
    };
    const before = build('ready', { id: 'before' });
    world.store.builds.set('before', before);
    world.store.environments.set('churn', {
      ...environment('churn', 2),
      revisions: [{ ...revision(before.revision ?? 0), stagings: [kept] }],
    });
    await world.proveAgain('before');
    assert.ok(proven.length > 0);
    assert.ok(proven.every((command) => !command.includes(`${known.driverPrefix}/`)));
    const [after] = world.store.environments.get('churn')?.revisions ?? [];
    assert.deepEqual(after?.stagings, [kept]);
    assert.deepEqual(world.store.builds.get('before')?.stagings, [kept]);
    assert.equal(after?.verifications[0]?.outcome, 'failed');
  });

  test('is told each time that the executors were asked again', async () => {
    let now = 1_000_000;
    const world = createProvingWorld();
    world.ports.clock.now = () => (now += 1_000);
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { id } = await world.newest('churn');
    world.store.notices.clear();
    for (let round = 0; round < 2; round += 1) {
      await world.proveAgain(id);
    }
    assert.deepEqual(
      [...world.store.notices.values()].map(({ kind }) => kind),
      ['verified', 'verified'],
    );
  });

  test('says nothing of numpy for an environment without it', async () => {
    const executors = [{ ...executor('worker-1'), numpyFile: null }];
    const evidence = { npv: ['no numpy'], registered: 1, driver: null, executors };
    const world = createProvingWorld({
      run: async () => ({
        ...{ code: 0, timedOut: false, stderr: '' },
        stdout: `CONDA_FERRY_EVIDENCE ${JSON.stringify(evidence)}\n`,
      }),
    });
    await world.say('U1', 'create churn six');
    await world.work('churn');
    assert.equal(await detailOf(world, 'verify'), '1 executor');
  });

  test('is of the interpreter alone where the edge has no Spark, and says so', async () => {
    const world = createProvingWorld({
      profile: async () => ({ ...staging().cluster, spark: null }),
      stage: async () => ({ ...staging(), cluster: { ...staging().cluster, spark: null } }),
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, verifications } = await world.newest('churn');
    assert.deepEqual([state, verifications[0]?.outcome], ['ready', 'smoke-tested']);
    assert.match((await detailOf(world, 'verify')) ?? '', /^smoke-tested.*no Spark on the edge/);
  });

  test('stands for a later build with the same fingerprint: it is not run again', async () => {
    const world = createProvingWorld();
    for (let round = 0; round < 2; round += 1) {
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
    }
    assert.deepEqual(world.proved, ['lab']);
    assert.equal(await detailOf(world, 'verify'), 'proven as @1');
  });

  test('is asked for once its line is there, because the edge has tried it', async () => {
    const seen: Build[] = [];
    const world = createProvingWorld({
      run: async ({ command }) => {
        if (isProof(command)) seen.push(await world.newest('churn'));
        return answered(PROVEN);
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const [build] = seen;
    assert.ok(build && seen.length === 1);
    const text = renderText({ kind: 'build', build, audience: 'channel' }, settings);
    assert.match(
      text,
      /\n\/srv\/ferry\/run churn@3 pyspark\n[\s\S]*Being proven on the executors…/,
    );
    assert.equal(build.state, 'running');
  });

  for (const [what, tried] of [
    ['does not start there', ''],
    ['lacks a module there', trying({ numpy: 'no libx' })],
  ] as const) {
    test(`comes before its line where the environment ${what}, and decides alone`, async () => {
      const seen: Build[] = [];
      const world = createProvingWorld({
        run: async ({ command }) => {
          if (isProof(command)) seen.push(await world.newest('churn'));
          return answered(isProof(command) ? PROVEN : tried);
        },
      });
      await world.say('U1', 'create churn numpy');
      await world.work('churn');
      assert.deepEqual(seen.map(linesForBuild), [[]]);
      const { state, verifications } = await world.newest('churn');
      assert.deepEqual([state, verifications.map(({ outcome }) => outcome)], ['ready', ['proven']]);
    });
  }

  test('that fails stands where the line stood', async () => {
    const world = createProvingWorld({
      run: async ({ command }) => answered(isProof(command) ? '' : PROVEN),
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    const text = renderText({ kind: 'build', build, audience: 'channel' }, settings);
    assert.match(text, /What went wrong: .*does not work on the executors/);
    assert.doesNotMatch(text, /pyspark/);
  });

  test('by the edge alone is run once, however little of a cluster answers', async () => {
    const tries: string[] = [];
    const world = createProvingWorld({
      run: async ({ command }) => {
        if (!isProof(command)) tries.push(command);
        const stderr = 'java.net.ConnectException: Connection refused';
        return isProof(command) ? { ...answered(''), code: 1, stderr } : answered(PROVEN);
      },
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { state, verifications } = await world.newest('churn');
    assert.deepEqual([state, verifications[0]?.outcome], ['ready', 'smoke-tested']);
    assert.match(verifications[0]?.reason ?? '', /^the cluster did not answer: Connection refused/);
    assert.equal(tries.length, 1);
  });

  test('can be tried again by a retry when it fails', async () => {
    const world = createProvingWorld({
      run: async () => ({ code: 1, timedOut: false, stdout: '', stderr: 'no module named x' }),
    });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const { failure, steps } = await world.newest('churn');
    assert.deepEqual([failure?.code, failure?.retryable], ['verification-failed', true]);
    assert.equal(steps.find(({ name }) => name === 'verify')?.status, 'error');
  });
});

describe('a build with a known fingerprint', () => {
  test('answers with the stagings and proofs of the edges it asks for, and of no others', async () => {
    const world = createProvingWorld();
    for (const edges of ['--edge lab --edge madrid', '--edge madrid']) {
      await world.say('U1', `create churn numpy ${edges}`);
      await world.work('churn');
    }
    const build = await world.newest('churn');
    const edgesOf = (list: readonly { edge: string }[]) => list.map(({ edge }) => edge);
    assert.deepEqual([build.reused, build.revision], [true, 1]);
    assert.deepEqual(edgesOf(build.stagings), ['madrid']);
    assert.deepEqual(edgesOf(build.verifications), ['madrid']);
    assert.match(world.store.logs.get(build.id)?.join('\n') ?? '', /known: churn@1 is staged/);
  });

  test('is proven where the old revision was not', async () => {
    const unproven = createProvingWorld();
    unproven.ports.verification.enabled = false;
    await unproven.say('U1', 'create churn numpy');
    await unproven.work('churn');
    unproven.ports.verification.enabled = true;
    await unproven.say('U1', 'create churn numpy');
    await unproven.work('churn');
    const build = await unproven.newest('churn');
    assert.deepEqual([build.reused, build.verifications[0]?.outcome], [true, 'proven']);
    assert.deepEqual(unproven.proved, ['lab']);
  });
});

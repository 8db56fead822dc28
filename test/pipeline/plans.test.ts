import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FerryError, userError } from '../../src/domain/errors.ts';
import { isSameLock } from '../../src/domain/lock.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { build as sample } from '../answers/samples.ts';
import { createWorld, engineRefusing, engineSolving, locked, type World } from './world.ts';

const by = (user: string) => ({ user, channel: 'C1', team: null });
const { request } = sample('queued');

/** What the store holds of builds, names and logs. */
const recorded = ({ store, queued }: World) => [
  store.builds.size,
  store.environments.size,
  store.logs.size,
  queued.length,
];

describe('a plan', () => {
  test('is what a build of the request then has, and leaves no record', async () => {
    const world = createWorld();
    const plan = await world.services.plan(request, by('U1'));
    assert.deepEqual(recorded(world), [0, 0, 0, 0]);
    assert.deepEqual([plan.request.edges, plan.before], [['lab'], null]);
    await world.services.create(request, by('U1'), { lock: plan.lock });
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready', JSON.stringify(build.failure));
    const { engine, lock, fingerprint, projects } = build;
    assert.deepEqual(
      { engine, lock, fingerprint, projects, format: build.archive?.format },
      {
        ...{ engine: plan.engine, lock: plan.lock, fingerprint: plan.fingerprint },
        ...{ projects: plan.projects, format: plan.format },
      },
    );
  });

  test('is compared with the newest revision; where nothing changed, its fingerprint is the same', async () => {
    let chosen = 'numpy 1.26.4';
    const solving = engineSolving(async () => ({
      platform: 'linux-64',
      packages: [locked(chosen)],
    }));
    const world = createWorld({ engine: solving });
    await world.services.create(request, by('U1'));
    await world.work('churn');
    const same = await world.services.plan(request, by('U1'));
    assert.deepEqual([same.before?.number, same.before?.fingerprint], [1, same.fingerprint]);
    chosen = 'numpy 2.2.6';
    const newer = await world.services.plan(request, by('U1'));
    assert.notEqual(newer.fingerprint, newer.before?.fingerprint);
    assert.equal(newer.before && isSameLock(newer.before.lock, same.lock), true);
  });

  test('of code of one’s own clears what it pinned, also when it is refused', async () => {
    const folders: string[] = [];
    const cleared: string[] = [];
    const { workspace, projects } = createWorld().ports;
    let isRefused = false;
    const world = createWorld({
      projects: {
        ...projects,
        pin: async (_references, folder) => {
          folders.push(folder);
          if (isRefused) throw userError({ code: 'unknown-repository', message: 'no' });
          return [{ name: 'scoring', origin: 'scoring@main', sha256: 'a'.repeat(64) }];
        },
      },
      workspace: {
        ...workspace,
        projectDirectory: async (id) => `/builds/${id}`,
        clear: async (id) => void cleared.push(`/builds/${id}`),
      },
    });
    const own: BuildRequest = {
      ...request,
      projects: [{ kind: 'repository', repository: 'scoring', ref: null }],
    };
    const plan = await world.services.plan(own, by('U1'));
    assert.deepEqual(
      plan.projects.map(({ name }) => name),
      ['scoring'],
    );
    isRefused = true;
    await assert.rejects(world.services.plan(own, by('U1')), { code: 'unknown-repository' });
    assert.deepEqual([folders.length, cleared], [2, folders]);
  });

  test('that cannot be solved is refused as its build would be, without secrets', async () => {
    const engine = engineRefusing(([first]) =>
      first === 'python=3.10'
        ? userError({ code: 'unsatisfiable', message: 'No: hunter2', details: 'hunter2' })
        : null,
    );
    const world = createWorld({ engine });
    const specs = request.specs
      .slice(0, 2)
      .map((spec) => (spec.name === 'python' ? { ...spec, version: '=3.10' } : spec));
    const refusal = await world.services.plan({ ...request, specs }, by('U1')).then(
      () => null,
      (error: unknown) => error,
    );
    assert.ok(refusal instanceof FerryError);
    assert.equal(refusal.code, 'unsatisfiable');
    assert.doesNotMatch(JSON.stringify({ ...refusal, message: refusal.message }), /hunter2/);
    assert.match(refusal.repairs[0]?.command ?? '', /^create churn python numpy/);
  });

  test('that several ask for at once is solved once, and later anew', async () => {
    const world = createWorld();
    const other: BuildRequest = { ...request, layout: 'global' };
    const asked = [request, request, other, request];
    const plans = await Promise.all(asked.map((each) => world.services.plan(each, by('U1'))));
    assert.equal(world.errands.asked.length, 2);
    assert.equal(new Set(plans.map(({ fingerprint }) => fingerprint)).size, 2);
    await world.services.plan(request, by('U2'));
    assert.equal(world.errands.asked.length, 3);
  });

  test('that nobody answered is asked again by the next', async () => {
    const world = createWorld();
    const { worker } = world.errands;
    world.errands.worker = null;
    await assert.rejects(world.services.plan(request, by('U1')), { code: 'errand-unanswered' });
    world.errands.worker = worker;
    assert.equal((await world.services.plan(request, by('U1'))).format, 'zip');
  });

  test('that is typed shows all of it, and refuses with plans that would go through', async () => {
    const engine = engineRefusing(([first]) =>
      first === 'python=3.10' ? userError({ code: 'unsatisfiable', message: 'No.' }) : null,
    );
    const world = createWorld({ engine });
    const reply = await world.say('U1', 'plan -p churn python numpy --all');
    assert.deepEqual(
      reply.kind === 'plan' && [reply.plan.request.environment, reply.whole, reply.insists],
      ['churn', true, true],
    );
    const refused = await world.say('U1', 'plan churn python=3.10 numpy');
    assert.deepEqual(refused.kind === 'refusal' && refused.error.repairs[0], {
      label: 'Plan python numpy',
      command: 'plan churn python numpy --edge lab',
    });
    assert.deepEqual(recorded(world), [0, 0, 0, 0]);
  });

  test('of somebody else’s environment is refused before a worker is asked', async () => {
    const world = createWorld();
    await world.services.create(request, by('U1'));
    await world.work('churn');
    await assert.rejects(world.services.plan(request, by('U2')), { code: 'name-taken' });
    assert.deepEqual(world.errands.asked, []);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatSpec } from '../../src/domain/spec.ts';
import { createWorld, engineSolving, locked } from './world.ts';

/** An engine that answers these packages and keeps what it was asked for; the lab has Spark 3.5. */
function worldOf(...packages: string[]) {
  const asked: string[] = [];
  const engine = engineSolving(async ({ specs }) => {
    asked.push(specs.map(formatSpec).join(' '));
    return { platform: 'linux-64', packages: packages.map(locked) };
  });
  return { world: createWorld({ engine }), asked };
}

const ODD = ['python 3.11.9', 'numpy 2.2.6', 'pandas 2.3.3', 'pyarrow 19.0.0'];

describe('what the cluster does not run', () => {
  test('is refused before anything is solved, with builds that would go through', async () => {
    const { world, asked } = worldOf('python 3.12.4');
    const refused = await world.say('U1', 'plan churn python=3.12 numpy');
    assert.equal(refused.kind === 'refusal' && refused.error.code, 'unsupported-by-spark');
    assert.deepEqual(refused.kind === 'refusal' && refused.error.repairs[0], {
      label: 'Plan with python=3.11',
      command: 'plan churn python=3.11 numpy --edge lab',
    });
    const create = 'create churn python=3.12 numpy';
    const also = await world.say('U1', create);
    assert.equal(also.kind === 'refusal' && also.error.code, 'unsupported-by-spark');
    // Where nobody answers a plan, the build finds out.
    world.errands.worker = null;
    await world.say('U1', create);
    await world.work('churn');
    const { state, failure } = await world.newest('churn');
    assert.deepEqual([state, failure?.code], ['failed', 'unsupported-by-spark']);
    assert.equal(failure?.repairs?.[0]?.command, 'create churn python=3.11 numpy --edge lab');
    assert.deepEqual(asked, []);
  });

  test('is built for who insists, and the revision says so', async () => {
    const { world, asked } = worldOf('python 3.13.1', 'numpy 2.2.6');
    await world.say('U1', 'create churn python=3.13 numpy --force');
    await world.work('churn');
    assert.deepEqual(asked, ['python=3.13 numpy']);
    const shown = await world.say('U1', 'show churn');
    const revision = shown.kind === 'environment' ? shown.revision : null;
    assert.deepEqual(
      revision?.notes.map(({ tone, text }) => [tone, text]),
      [['forced', 'Spark 3.5 on `lab` runs Python 3.8–3.11, and this has Python 3.13.1.']],
    );
    assert.equal(revision?.request.force, true);
  });

  test('in part is said by plan, build and revision alike, with what was added', async () => {
    const { world, asked } = worldOf(...ODD);
    const reply = await world.say('U1', 'plan churn numpy pandas');
    await world.say('U1', 'create churn numpy pandas');
    await world.work('churn');
    assert.deepEqual([...new Set(asked)], ['numpy pandas python<3.12']);
    const notes = reply.kind === 'plan' ? reply.plan.notes : [];
    assert.deepEqual(
      notes.map(({ tone, repair }) => [tone, repair?.label ?? null]),
      [
        ['added', null],
        ['warning', 'Build with numpy>=1.15,<2.0'],
      ],
    );
    const build = await world.newest('churn');
    assert.deepEqual([build.state, build.notes], ['ready', notes]);
    const environment = await world.store.readEnvironment('churn');
    assert.deepEqual(environment?.revisions[0]?.notes, notes);
    const log = (await world.store.readLog(build.id, 99)).join('\n');
    assert.match(log, /warning: Spark 3\.5 on `lab` asks for `numpy>=1\.15,<2\.0`/);
  });

  test('stays what was asked for: nothing that was added becomes part of the request', async () => {
    const { world } = worldOf(...ODD);
    await world.say('U1', 'create churn numpy pandas');
    await world.work('churn');
    const { request } = await world.newest('churn');
    assert.deepEqual(request.specs.map(formatSpec), ['numpy', 'pandas']);
  });

  test('is refused of packages that only came along', async () => {
    const { world } = worldOf('python 3.11.9', 'koalas 1.8.2', 'pyspark 3.4.1');
    const reply = await world.say('U1', 'plan churn koalas');
    const message = reply.kind === 'refusal' ? reply.error.message : '';
    assert.match(String(message), /`pyspark` in the environment must be exactly the cluster's/);
  });
});

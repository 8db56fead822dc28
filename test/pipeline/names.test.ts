import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { userError } from '../../src/domain/errors.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { settings } from '../answers/samples.ts';
import { createLoneWorld, engineRefusing, type World } from './world.ts';

const [OPERATOR = ''] = settings.operators;

/** `bad…` packages can never be built. */
const engine = engineRefusing((specs) =>
  specs.some((spec) => spec.startsWith('bad'))
    ? userError({ code: 'unsatisfiable', message: 'No.' })
    : null,
);

const people = () => createLoneWorld({ engine });

const codeOf = (reply: Reply): string => (reply.kind === 'refusal' ? reply.error.code : reply.kind);

async function listed({ say }: World): Promise<string[]> {
  const reply = await say('U1', 'list');
  return reply.kind === 'environments' ? reply.environments.map(({ name }) => name) : [];
}

describe('the name of an environment', () => {
  test('is free again when its first build has failed; whoever builds it first owns it', async () => {
    const world = people();
    const { say, work, store } = world;
    assert.equal(codeOf(await say('U1', 'create churn bad')), 'build');
    await work('churn');
    assert.equal((await world.newest('churn')).state, 'failed');
    assert.deepEqual(await listed(world), []);
    assert.equal(codeOf(await say('U1', 'show churn')), 'environment-not-found');
    assert.equal(codeOf(await say('U1', 'status churn')), 'build');

    assert.equal(codeOf(await say('U2', 'create churn numpy')), 'build');
    await work('churn');
    assert.deepEqual(await listed(world), ['churn']);
    assert.equal(store.environments.get('churn')?.owner, 'U2');
    assert.equal(codeOf(await say('U1', 'create churn numpy')), 'name-taken');
    assert.equal(codeOf(await say('U2', 'create churn pandas')), 'build');
  });

  test('is free again when its first build was cancelled', async () => {
    const world = people();
    const { say, store } = world;
    await say('U1', 'create churn numpy');
    const build = await world.newest('churn');
    await store.updateBuild(build.id, (current) => ({ ...current, state: 'cancelled' }));
    assert.deepEqual(await listed(world), []);
    assert.equal(codeOf(await say('U2', 'create churn pandas')), 'build');
  });

  test('is held by a build that is at work, whoever asks', async () => {
    const world = people();
    const { say, work } = world;
    await say('U1', 'create churn numpy');
    assert.equal(codeOf(await say('U2', 'create churn pandas')), 'environment-busy');
    const shown = await say('U2', 'show churn');
    assert.equal(shown.kind === 'environment' && shown.environment.owner, 'U1');
    assert.deepEqual(await listed(world), []);
    await work('churn');
    assert.equal(codeOf(await say('U2', 'create churn pandas')), 'name-taken');
  });

  test('that became somebody else’s is not taken back by a retry, except by an operator', async () => {
    const world = people();
    const { say, work } = world;
    await say('U1', 'create churn bad');
    await work('churn');
    const failed = (await world.newest('churn')).id;
    await say('U2', 'create churn numpy');
    await work('churn');
    const refused = await say('U1', `retry ${failed}`);
    assert.equal(codeOf(refused), 'name-taken');
    assert.deepEqual(
      refused.kind === 'refusal' && refused.error.repairs.map(({ command }) => command),
      ['create churn-2 bad', 'run churn'],
    );
    assert.notEqual(codeOf(await say(OPERATOR, `retry ${failed}`)), 'refusal');
  });

  test('stays its owner’s when a later build fails or an operator builds it', async () => {
    const world = people();
    const { say, work, store } = world;
    await say('U1', 'create churn numpy');
    await work('churn');
    await say('U1', 'create churn bad');
    await work('churn');
    assert.equal(codeOf(await say('U2', 'create churn numpy')), 'name-taken');
    await say(OPERATOR, 'create churn pandas');
    await work('churn');
    assert.equal(store.environments.get('churn')?.owner, 'U1');
    assert.deepEqual(await listed(world), ['churn']);
  });
});

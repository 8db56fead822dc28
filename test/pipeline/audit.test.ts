/** What is done through the services stands in the audit, for whom it may be shown. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import type { Way } from '../../src/domain/build.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { build, environment, settings } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const [OPERATOR = ''] = settings.operators;

/** `user deed outcome` of what `user` is shown, oldest first. */
async function shown(world: World, user: string, options = ''): Promise<string[]> {
  const reply = await world.say(user, `audit ${options}`);
  assert.equal(reply.kind, 'audit', JSON.stringify(reply));
  const { entries } = reply as Extract<Reply, { kind: 'audit' }>;
  return entries
    .map(({ requester, deed, outcome }) => `${requester.user} ${deed} ${outcome}`)
    .toReversed();
}

describe('the audit', () => {
  test('has what was done and what was refused, by whom and from where', async () => {
    const world = createWorld();
    world.store.environments.set('fraud', { ...environment('fraud'), owner: 'U09' });
    await world.say('U01', 'create churn numpy');
    await world.say('U02', 'cancel churn');
    await world.say('U01', 'create fraud numpy');
    await world.say('U01', 'cancel churn');
    assert.deepEqual(await shown(world, OPERATOR), [
      'U01 create done',
      'U02 cancel not-allowed',
      'U01 create name-taken',
      'U01 cancel done',
    ]);
    const [first] = world.store.audit;
    assert.deepEqual(
      [first?.text, first?.environment, first?.build, first?.requester.channel, first?.login],
      ['create churn numpy', 'churn', (await world.newest('churn')).id, 'C1', null],
    );
  });

  test('has nothing of looking', async () => {
    const world = createWorld();
    for (const text of ['list', 'status', 'help', 'show churn', 'audit'])
      await world.say('U01', text);
    assert.deepEqual(world.store.audit, []);
  });

  test('says who ran the command line that only says who asks', async () => {
    const { store, services } = createWorld();
    const { queue, events } = createMemory();
    const ours = createServices({
      ...{ store, settings, clock: { now: Date.now }, login: 'ops' },
      ...{ queue, events, newId: () => 'b1' },
      errands: { ask: () => assert.fail('nothing is asked'), close: async () => {} },
    });
    await ours.create(build('queued').request, { user: 'U01', channel: 'C1', team: null });
    assert.deepEqual([store.audit.length, store.audit[0]?.login], [1, 'ops']);
    assert.equal((await services.findBuild('b1')).requester.user, 'U01');
  });

  test('shows people what they did and what was done to environments of theirs', async () => {
    const world = createWorld();
    world.store.environments.set('churn', { ...environment('churn'), owner: 'U01' });
    await world.say('U02', 'create churn numpy');
    await world.say('U02', 'create fraud numpy');
    await world.say('U03', 'create sales numpy');
    assert.deepEqual(await shown(world, 'U01'), ['U02 create name-taken']);
    assert.deepEqual(await shown(world, 'U02'), ['U02 create name-taken', 'U02 create done']);
    assert.deepEqual(await shown(world, 'U01', '--user U03'), []);
    assert.equal((await shown(world, OPERATOR)).length, 3);
  });

  test('is narrowed by person, environment, age and number', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    await world.say('U02', 'create fraud numpy');
    await world.say('U02', 'cancel fraud');
    world.store.audit[0] = { ...world.store.audit[0], at: Date.now() - 8 * 24 * 3600_000 } as never;
    assert.deepEqual(await shown(world, OPERATOR, '--user @U024BE7LH'), []);
    assert.deepEqual(await shown(world, OPERATOR, '--user U01'), []);
    assert.deepEqual(await shown(world, OPERATOR, '--user U01 --since 9d'), ['U01 create done']);
    assert.deepEqual(await shown(world, OPERATOR, '--who U02 --what build'), ['U02 create done']);
    assert.deepEqual(await shown(world, OPERATOR, '--what cancel'), ['U02 cancel done']);
    assert.deepEqual(await shown(world, OPERATOR, '--what tag'), []);
    const unknown = await world.say(OPERATOR, 'audit --what cancle');
    assert.equal(
      unknown.kind === 'refusal' && unknown.error.suggestion,
      'Did you mean `--what cancel`?',
    );
    assert.deepEqual(await shown(world, OPERATOR, '--environment fraud --last 1'), [
      'U02 cancel done',
    ]);
  });

  test('has what was said, and by which way, where a button said something else', async () => {
    const solve = async () => ({ platform: 'linux-64' as const, packages: [locked('scipy 1.15')] });
    const world = createWorld({ engine: engineSolving(solve) });
    const user = 'U01';
    world.store.environments.set('churn', { ...environment('churn'), owner: user });
    const say = (text: string, way: Way) =>
      execute(text, commands, {
        ...{ user, channel: 'C1', team: null, way, services: world.services },
        commands: commandHelp,
      });
    const plan = await say('add churn scipy', 'slash');
    assert.ok(plan.kind === 'edit', JSON.stringify(plan));
    assert.equal((await say(`apply ${plan.id}`, 'button')).kind, 'build');
    const [entry] = world.store.audit;
    assert.deepEqual(
      [entry?.deed, entry?.requester.said, entry?.requester.way],
      ['create', 'add churn scipy', 'button'],
    );
    assert.match(entry?.text ?? '', /^create churn /);
    assert.deepEqual(await shown(world, OPERATOR, '--what add'), ['U01 create done']);
    assert.deepEqual(await shown(world, OPERATOR, '--what create'), ['U01 create done']);
  });

  test('calls what is let go by the word of its command', async () => {
    const world = createWorld();
    world.store.environments.set('churn', { ...environment('churn'), owner: 'U01' });
    await world.say('U01', 'delete churn --yes');
    assert.deepEqual(await shown(world, OPERATOR, '--what delete'), ['U01 delete done']);
  });

  test('that cannot be written keeps nobody from hearing what went wrong', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    world.store.appendAudit = async () => {
      throw new Error('Redis is away');
    };
    const refused = await world.say('U02', 'cancel churn');
    assert.equal(refused.kind === 'refusal' && refused.error.code, 'not-allowed');
    await assert.rejects(world.say('U01', 'cancel churn'), /Redis is away/);
  });
});

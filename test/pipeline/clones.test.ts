import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Environment } from '../../src/domain/environment.ts';
import type { Projects } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { environment, revision } from '../answers/samples.ts';
import { createWorld, engineSolving, type World } from './world.ts';

const COMMIT = '0123456789'.repeat(4);
const BYTES = 'a'.repeat(64);

/** `churn`, whose last revision was asked for with other things, and a solve that must not be. */
function churn(change: Partial<BuildRequest> = {}, projects: Partial<Projects> = {}): World {
  const unasked = engineSolving(() => assert.fail('nothing is solved'));
  const ports = createWorld().ports;
  const world = createWorld({ engine: unasked, projects: { ...ports.projects, ...projects } });
  const known = environment();
  const last = revision(3);
  const request = { ...last.request, ...change };
  const pins = request.projects.map(() => ({
    ...{ name: 'scoring', origin: `features@${COMMIT}`, sha256: BYTES },
  }));
  const kept: Environment = {
    ...known,
    revisions: [...known.revisions.slice(0, 2), { ...last, request, projects: pins }],
  };
  world.store.environments.set('churn', kept);
  return world;
}

const refusalOf = (reply: Reply) => {
  assert.equal(reply.kind, 'refusal', JSON.stringify(reply));
  const { code, repairs } = reply.error;
  return [code, repairs.map(({ command }) => command)];
};

describe('a clone', () => {
  for (const text of ['clone churn as mine', 'clone churn mine', 'clone churn@3 as mine']) {
    test(`said as ${text} has the packages of the other one, unsolved, and is one’s own`, async () => {
      const world = churn();
      const reply = await world.say('U9', text);
      assert.equal(reply.kind, 'build', JSON.stringify(reply));
      await world.work('mine');
      const build = await world.newest('mine');
      assert.equal(build.state, 'ready', JSON.stringify(build.failure));
      const mine = await world.services.findEnvironment('mine');
      const { lock, request } = revision(3);
      assert.deepEqual([mine.owner, mine.revisions[0]?.lock], ['U9', lock]);
      assert.deepEqual(mine.revisions[0]?.request, {
        ...request,
        environment: 'mine',
        edges: ['lab'],
      });
      assert.equal((await world.services.findEnvironment('churn')).revisions.length, 3);
    });
  }

  test('may be called as, and is of the revision that a tag names', async () => {
    const world = churn();
    await world.say('U0ANARUIZ1', 'tag churn@1 prod');
    const reply = await world.say('U9', 'clone churn:prod as');
    assert.equal(reply.kind === 'build' && reply.build.request.environment, 'as');
    assert.equal(refusalOf(await world.say('U9', 'clone churn'))[0], 'missing-argument');
    assert.equal(refusalOf(await world.say('U9', 'clone churn as a b'))[0], 'unexpected-argument');
  });

  test('asks for the very commit of code that was found for a branch', async () => {
    const asked: unknown[] = [];
    const pin: Projects['pin'] = async (references) => {
      asked.push(...references);
      return [{ name: 'scoring', origin: 'elsewhere', sha256: BYTES }];
    };
    const world = churn(
      { projects: [{ kind: 'repository', repository: 'features', ref: 'main' }] },
      { pin },
    );
    await world.say('U9', 'clone churn as mine');
    await world.work('mine');
    assert.equal((await world.newest('mine')).state, 'ready');
    assert.deepEqual(asked, [{ kind: 'repository', repository: 'features', ref: COMMIT }]);
  });

  test('fails where the code is not what it was', async () => {
    const pin: Projects['pin'] = async () => [
      { name: 'scoring', origin: '/code/scoring', sha256: 'b'.repeat(64) },
    ];
    const world = churn({ projects: [{ kind: 'path', path: '/code/scoring' }] }, { pin });
    await world.say('U9', 'clone churn as mine');
    await world.work('mine');
    const { state, failure } = await world.newest('mine');
    assert.deepEqual([state, failure?.code], ['failed', 'project-changed']);
  });

  test('needs a name that is free or one’s own, and another one', async () => {
    const world = churn();
    world.store.environments.set('theirs', { ...environment('theirs'), owner: 'U8' });
    assert.deepEqual(refusalOf(await world.say('U9', 'clone churn@2 as theirs')), [
      'name-taken',
      ['clone churn@2 as theirs-2', 'run theirs'],
    ]);
    assert.deepEqual(refusalOf(await world.say('U0ANARUIZ1', 'clone churn@2 as churn')), [
      'same-name',
      ['rollback churn --to 2'],
    ]);
  });

  test('of what is not configured any more says so, with what can be done instead', async () => {
    const moved = churn({ edges: ['lab', 'gone'] });
    assert.deepEqual(refusalOf(await moved.say('U9', 'clone churn as mine')), [
      'edge-gone',
      ['clone churn@3 as mine --edge lab'],
    ]);
    const there = await moved.say('U9', 'clone churn as mine --edge madrid');
    assert.deepEqual(there.kind === 'build' && there.build.request.edges, ['madrid']);
    const closed = churn({ channels: ['gone', 'internal'] });
    const [code, commands] = refusalOf(await closed.say('U9', 'clone churn as mine'));
    assert.equal(code, 'channel-gone');
    assert.match(String(commands), /^create mine python=3.11 .* --channel internal/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const URL = 'https://conda.anaconda.org/conda-forge';
const LIST = `@EXPLICIT
${URL}/linux-64/python-3.11.9-h1_0_cpython.conda#sha256:${'a'.repeat(64)}
${URL}/noarch/six-1.17.0-pyhd8ed1ab_0.conda#sha256:${'b'.repeat(64)}
`;

describe('a build of a lock that somebody has', () => {
  test('has exactly its packages, and asks no engine', async () => {
    const engine = engineSolving(async () => assert.fail('nothing is left to solve'));
    const world = createWorld({ engine });
    const reply = await execute('create churn', commands, {
      ...{ user: 'U1', channel: 'C1', team: null, services: world.services, commands: commandHelp },
      file: { name: 'explicit.txt', bytes: new TextEncoder().encode(LIST) },
    });
    assert.equal(reply.kind, 'build', JSON.stringify(reply));
    await world.work('churn');
    const { state, lock, failure } = await world.newest('churn');
    assert.equal(state, 'ready', JSON.stringify(failure));
    assert.deepEqual(
      lock?.packages.map(({ name, sha256 }) => `${name} ${sha256[0]}`),
      ['python a', 'six b'],
    );
  });

  test('has none of a channel that is not asked for, so nobody gets around its role', async () => {
    const lock = { platform: 'linux-64' as const, packages: [locked('python 3.11.9')] };
    const address = 'https://conda.example.com/internal';
    const channels = [settings.channels[0], { name: 'internal', default: false, url: address }];
    const world = createWorld(
      { engine: engineSolving(async () => lock) },
      { settings: { ...settings, channels: channels.filter((each) => each !== undefined) } },
    );
    await execute('create churn --channel conda-forge', commands, {
      ...{ user: 'U1', channel: 'C1', team: null, services: world.services, commands: commandHelp },
      file: {
        name: 'explicit.txt',
        bytes: new TextEncoder().encode(LIST.replaceAll(URL, address)),
      },
    });
    const { request, lock: built } = await world.newest('churn');
    assert.deepEqual(request.channels, ['conda-forge']);
    assert.deepEqual(built, lock);
  });

  test('has those of pip, too, which are resolved beside it', async () => {
    const wheel = {
      name: 'rich',
      version: '13.7.1',
      url: 'https://pypi.example.com/rich-13.7.1-py3-none-any.whl',
    };
    const pip = {
      indexes: ['pypi'],
      resolve: async () => [{ ...wheel, sha256: 'c'.repeat(64), size: null }],
      fetch: async () => [],
    };
    const packages = [locked('python 3.11.9'), locked('six 1.17.0'), locked('pip 24.0')];
    const engine = engineSolving(async () => ({ platform: 'linux-64', packages }));
    const world = createWorld({ engine, pip });
    const row = `# pip rich @ ${wheel.url} --hash=sha256:${'c'.repeat(64)}\n`;
    const reply = await execute('create churn', commands, {
      ...{ user: 'U1', channel: 'C1', team: null, services: world.services, commands: commandHelp },
      file: { name: 'explicit.txt', bytes: new TextEncoder().encode(LIST + row) },
    });
    assert.equal(reply.kind, 'build', JSON.stringify(reply));
    await world.work('churn');
    const { lock, failure } = await world.newest('churn');
    assert.deepEqual(
      lock?.wheels?.map(({ name }) => name),
      ['rich'],
      JSON.stringify(failure),
    );
  });
});

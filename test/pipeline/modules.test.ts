import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import type { Channels } from '../../src/domain/ports.ts';
import { settings } from '../answers/samples.ts';
import { createMemory } from '../slack/memory.ts';
import { createWorld } from './world.ts';

const holding = (...held: string[]): Channels => ({
  read: async (names) =>
    names.map((name) => ({
      ...{ name, has: (wanted) => held.includes(wanted), versions: () => [], names: () => held },
    })),
  close() {},
});

describe('the package that has a module', () => {
  test('is the one that was seen to have it', async () => {
    const world = createWorld();
    const context = { user: 'U1', channel: 'C1', team: null, commands: commandHelp };
    const { services } = world;
    await execute('create churn numpy', commands, { ...context, services });
    await world.work('churn');
    assert.deepEqual((await services.packagesOf())('sklearn'), ['scikit-learn']);
    await world.store.learnModules({ yaml: ['ours-yaml'], odd: ['ours-odd'] });
    const packagesOf = await services.packagesOf();
    assert.deepEqual(packagesOf('yaml'), ['ours-yaml']);
    assert.deepEqual(packagesOf('odd'), ['ours-odd']);
    assert.deepEqual(packagesOf('constructor'), []);
  });

  test('is one the channels have, where there is any', async () => {
    const { services, store } = createMemory(holding('py-opencv', 'numpy'));
    await store.learnModules({ cv2: ['opencv', 'py-opencv'], gone: ['gone-lib'] });
    const packagesOf = await services.packagesOf();
    assert.deepEqual(packagesOf('cv2'), ['py-opencv']);
    assert.deepEqual(packagesOf('gone'), ['gone-lib']);
    assert.deepEqual(packagesOf('dateutil'), ['python-dateutil']);
  });

  test('is known without the record too', async () => {
    const { services, store } = createMemory();
    store.away = true;
    store.readModules = async () => {
      throw new Error('away');
    };
    assert.deepEqual((await services.packagesOf())('sklearn'), ['scikit-learn']);
  });
});

describe('what is suggested while a package is typed', () => {
  test('is for the platform of the chosen edges', async () => {
    const asked: (string | undefined)[] = [];
    const held = holding('numpy');
    const edges = [
      { name: 'lab', default: true },
      { name: 'arm', default: false, platform: 'linux-aarch64' as const },
    ];
    const { services } = createMemory(
      {
        ...held,
        read: async (names, packages, platform) => {
          asked.push(platform);
          return held.read(names, packages);
        },
      },
      { settings: { ...settings, edges } },
    );
    await services.suggest('num', [], []);
    await services.suggest('num', [], ['arm']);
    assert.deepEqual(asked, ['linux-64', 'linux-aarch64']);
  });

  test('comes of the default channels, of those chosen, and of none while they cannot be known', async () => {
    const asked: (readonly string[])[] = [];
    const held = holding('numpy', 'numba');
    const { services } = createMemory({
      ...held,
      read: async (names, packages) => {
        asked.push([...names, ...packages]);
        return names.includes('away') ? null : held.read(names, packages);
      },
    });
    const specs = async (typed: string, channels: string[] = []) =>
      (await services.suggest(typed, channels, [])).map(({ spec }) => spec);
    assert.deepEqual(await specs('num'), ['numpy', 'numba', 'num']);
    assert.deepEqual(await specs('num', ['mine']), ['numpy', 'numba', 'num']);
    assert.deepEqual(await specs('numpy=1', ['away']), ['numpy=1']);
    assert.deepEqual(asked, [
      ['conda-forge', 'num'],
      ['mine', 'num'],
      ['away', 'numpy'],
    ]);
  });
});

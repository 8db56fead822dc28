import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import type { Engine, PackRequest } from '../../src/domain/ports.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { createLoneWorld, locked } from './world.ts';

const NUMPY = { name: 'numpy', files: ['lib/python3.11/site-packages/numpy/__init__.py'] };

/** A world where packages may be known, and what its ports were asked for. */
function worldKnowing(
  isKnown: (request: PackRequest) => boolean,
  change: Partial<BuildPorts> = {},
) {
  const { packer, workspace, engine } = createLoneWorld().ports;
  const asked: PackRequest[] = [];
  const done: string[] = [];
  const ports: Partial<BuildPorts> = {
    engine: {
      ...engine,
      create: async () => {
        done.push('create');
      },
    },
    packer: {
      async pack(request, progress) {
        done.push(`pack ${request.linked?.engine ?? 'more'}`);
        return packer.pack(request, progress);
      },
      async assemble(request, progress) {
        asked.push(request);
        if (!isKnown(request)) return null;
        const warnings = [{ id: 'links-copied', text: 'twice in it' }];
        return { ...(await packer.pack(request, progress)), warnings, packages: [NUMPY] };
      },
    },
    workspace: { ...workspace, prefixes: () => ['/0/env', '/1/env'] },
    ...change,
  };
  return { world: createLoneWorld(ports), asked, done };
}

describe('a build of packages that are all known', () => {
  test('links nothing, and says so', async () => {
    const { world, asked, done } = worldKnowing(({ prefix }) => prefix === '/1/env');
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready');
    const details = build.steps.map(({ name, status, detail }) => [name, status, detail]);
    assert.deepEqual(details.slice(1, 3), [
      ['create', 'complete', '0 packages known'],
      ['install', 'complete', 'nothing on top of conda’s packages'],
    ]);
    assert.match(String(details[3]), /^pack,complete,zip, .*, assembled$/);
    assert.deepEqual(done, []);
    assert.deepEqual(
      asked.map(({ prefix }) => prefix),
      ['/0/env', '/1/env'],
    );
    assert.deepEqual(build.imports, { numpy: ['numpy'] });
    assert.deepEqual(await world.store.readModules(), { numpy: ['numpy'] });
    const log = world.store.logs.get(build.id)?.join('\n') ?? '';
    assert.match(log, /links-copied: twice in it/);
  });

  test('goes on from what it has when it runs again', async () => {
    const { workspace } = createLoneWorld().ports;
    let times = 0;
    const { world, asked } = worldKnowing(() => true, {
      workspace: { ...workspace, holdsArchive: async () => true },
      edges: new Map(
        [...createLoneWorld().ports.edges].map(([name, edge]) => [
          name,
          {
            ...edge,
            async stage(request, progress) {
              times += 1;
              if (times === 1) throw outsideError({ code: 'store-unavailable', message: 'Away.' });
              return edge.stage(request, progress);
            },
          },
        ]),
      ),
    });
    await world.say('U1', 'create churn numpy');
    await assert.rejects(world.work('churn'), { code: 'store-unavailable' });
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.equal(asked.length, 1);
  });
});

describe('a build of packages that are not all known', () => {
  test('links them, and has them known', async () => {
    const { world, asked, done } = worldKnowing(() => false);
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.equal((await world.newest('churn')).state, 'ready');
    assert.equal(asked.length, 2);
    assert.deepEqual(done, ['create', 'pack rattler py-rattler 0']);
  });

  test('is one with anything on top of them', async () => {
    const { engine, pip } = createLoneWorld().ports;
    const python = { platform: 'linux-64', packages: [locked('python 3.11.3')] } as const;
    const wheel = { name: 'rich', version: '1.0', url: 'https://pypi/rich.whl', size: 1 };
    const { world, asked, done } = worldKnowing(() => true, {
      engine: { ...engine, solve: async () => python },
      pip: { ...pip, resolve: async () => [{ ...wheel, sha256: 'a'.repeat(64) }] },
    });
    await world.say('U1', 'create churn python --pip rich');
    await world.work('churn');
    assert.deepEqual((await world.newest('churn')).failure, null);
    assert.deepEqual(asked, []);
    assert.deepEqual(done, ['pack more']);
  });

  test('is one whose engine does not say what it is', async () => {
    const { engine } = createLoneWorld().ports;
    let times = 0;
    const silent: Engine = {
      ...engine,
      describe: async () => {
        // When it solves it still does.
        times += 1;
        if (times === 1) return engine.describe();
        throw outsideError({ code: 'engine-failed', message: 'No.' });
      },
    };
    const { world, asked, done } = worldKnowing(() => true, { engine: silent });
    await world.say('U1', 'create churn numpy');
    await world.work('churn');
    assert.deepEqual(asked, []);
    assert.deepEqual(done, ['pack more']);
  });
});

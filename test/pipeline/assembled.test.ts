import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import type { Engine, PackRequest, Progress } from '../../src/domain/ports.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { createLoneWorld, locked } from './world.ts';

const NUMPY = { name: 'numpy', files: ['lib/python3.11/site-packages/numpy/__init__.py'] };

/** Which packages are not known, and whether they go together with those that are. */
interface Part {
  lacking: readonly string[];
  goTogether: boolean;
  engine?: Partial<Engine>;
}

/** A world where packages may be known, and what its ports were asked for. */
function worldKnowing(
  isKnown: (request: PackRequest) => boolean,
  change: Partial<BuildPorts> = {},
  part: Part | null = null,
) {
  const { packer, workspace, engine } = createLoneWorld().ports;
  const asked: PackRequest[] = [];
  const done: string[] = [];
  const assembled = async (request: PackRequest, progress: Progress) => {
    const warnings = [{ id: 'links-copied', text: 'twice in it' }];
    return { ...(await packer.pack(request, progress)), warnings, packages: [NUMPY] };
  };
  const ports: Partial<BuildPorts> = {
    engine: {
      ...engine,
      create: async () => {
        done.push('create');
      },
      createSome: async ({ names }) => {
        done.push(`create ${names.join(' ')}`);
      },
      ...part?.engine,
    },
    packer: {
      async pack(request, progress) {
        done.push(`pack ${request.linked?.engine ?? 'more'}`);
        return packer.pack(request, progress);
      },
      async assemble(request, progress) {
        asked.push(request);
        return isKnown(request) ? assembled(request, progress) : null;
      },
      lacking: () => part?.lacking ?? null,
      async complete(request, progress) {
        done.push('complete');
        return part?.goTogether ? assembled(request, progress) : null;
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

describe('a build of packages some of which are known', () => {
  const packages = ['python 3.11.3', 'numpy 2.2.6', 'six 1.17.0'].map((text) => ({
    ...locked(text),
    size: 100,
  }));
  const solve = async () => ({ platform: 'linux-64', packages }) as const;
  const part = { lacking: ['six'], goTogether: true, engine: { solve } };
  const worldOf = (change: Partial<Part>) => worldKnowing(() => false, {}, { ...part, ...change });
  const made = async ({ world, done }: ReturnType<typeof worldKnowing>) => {
    await world.say('U1', 'create churn numpy six');
    await world.work('churn');
    const build = await world.newest('churn');
    assert.equal(build.state, 'ready');
    assert.ok(build.steps.every(({ status }) => status === 'complete'));
    return { build, done, details: build.steps.map(({ detail }) => detail).slice(1, 4) };
  };

  test('links the others alone, and says so', async () => {
    const { build, done, details } = await made(worldOf({}));
    assert.deepEqual(done, ['create six', 'complete']);
    assert.equal(details[0], '1 package, 2 known');
    assert.match(details[2] ?? '', /^zip, .*, assembled$/);
    assert.deepEqual(build.imports.numpy, ['numpy']);
  });

  test('links all where they do not go together', async () => {
    const { done, details } = await made(worldOf({ goTogether: false }));
    assert.deepEqual(done, ['create six', 'complete', 'create', 'pack rattler py-rattler 0']);
    assert.equal(details[0], '3 packages');
  });

  test('links all where that is most of it, or the engine links no part', async () => {
    for (const change of [
      { lacking: ['numpy', 'six'] },
      { lacking: [] },
      { engine: { solve, createSome: null } },
    ]) {
      const { done } = await made(worldOf(change));
      assert.deepEqual(done, ['create', 'pack rattler py-rattler 0']);
    }
  });
});

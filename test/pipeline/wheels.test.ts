import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { userError } from '../../src/domain/errors.ts';
import type { LockedWheel } from '../../src/domain/lock.ts';
import type { Pip, ResolveRequest } from '../../src/domain/ports.ts';
import type { ProjectPin } from '../../src/domain/request.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const wheel = (name: string): LockedWheel => ({
  ...{ name, version: '1.0', url: `https://index.example/${name}-1.0-py3-none-any.whl` },
  ...{ sha256: locked(`${name} 1.0`).sha256, size: 7 },
});

/** A world whose engine chooses python and six, and whose index has `rich`. */
function worldWith(change: Partial<Pip> = {}, chosen = ['python 3.11.9', 'six 1.17.0']) {
  const asked: { specs: string[]; resolved: ResolveRequest[]; installed: ProjectPin[] } = {
    ...{ specs: [], resolved: [], installed: [] },
  };
  const engine = engineSolving(async ({ specs }) => {
    asked.specs = specs.map(({ name }) => name);
    const packages = chosen.map((text) => ({ ...locked(text), build: 'py311_0' }));
    return { platform: 'linux-64', packages };
  });
  const world = createWorld({
    engine,
    pip: {
      indexes: ['pypi'],
      resolve: async (request) => {
        asked.resolved.push(request);
        return [wheel('rich')];
      },
      fetch: async (wheels) =>
        wheels.map(({ name, url, sha256 }) => ({ name, origin: url, sha256 })),
      ...change,
    },
    projects: {
      pin: async () => [],
      install: async (pins) => {
        asked.installed.push(...pins);
      },
    },
  });
  const build = async (text: string) => {
    await world.say('U1', text);
    await world.work('churn');
    return world.newest('churn');
  };
  /** The code of the refusal; from then on nobody answers a plan, and builds find out. */
  const refused = async (text: string) => {
    const reply = await world.say('U1', text);
    world.errands.worker = null;
    return reply.kind === 'refusal' ? reply.error.code : null;
  };
  return { ...world, asked, build, refused };
}

describe('a build with packages of pip', () => {
  test('has their wheels in its lock, and installs them with the environment’s pip', async () => {
    const { build, asked } = worldWith();
    const { state, lock, failure, steps } = await build('create churn python six --pip rich');
    assert.equal(state, 'ready', JSON.stringify(failure));
    assert.deepEqual(lock?.wheels, [wheel('rich')]);
    assert.deepEqual(asked.specs, ['python', 'six', 'pip']);
    assert.equal(asked.resolved[0]?.python, '3.11.9');
    assert.deepEqual(
      asked.installed.map(({ name }) => name),
      ['rich'],
    );
    assert.equal(steps.find(({ name }) => name === 'install')?.detail, '1 package of pip');
  });

  test('is another archive than without them', async () => {
    const [one, other] = [worldWith(), worldWith()];
    const without = await one.build('create churn python six');
    const { fingerprint } = await other.build('create churn python six --pip rich');
    assert.notEqual(fingerprint, without.fingerprint);
    assert.equal(one.asked.resolved.length, 0);
  });

  const refused: readonly (readonly [
    what: string,
    text: string,
    code: string,
    says: RegExp,
    repair: string | null,
    change?: Partial<Pip>,
  ])[] = [
    [
      'no index on the build host',
      'create churn python six --pip rich',
      ...(['no-index', /No index of pip/, null, { indexes: [] }] as const),
    ],
    [
      'another version than conda’s',
      'create churn python six --pip rich --pip six>=2',
      ...(['requirements-conflict', /six 1\.17\.0/] as const),
      'create churn python six>=2 --pip rich --edge lab',
    ],
    [
      'an extra of what conda brings',
      'create churn python six --pip six[fast]',
      ...(['requirements-conflict', /extra `fast`/, null] as const),
    ],
    [
      'what a package needs and conda has not',
      'create churn python six --pip rich',
      'requirements-conflict',
      /`rich` needs `six>=2`/,
      'create churn python six>=2 --pip rich --edge lab',
      {
        resolve: async () => {
          const details =
            'Because only six==1.17.0 is available and rich==1.0 depends on six>=2, we can conclude …';
          throw userError({ code: 'requirements-unsatisfiable', message: 'no', details });
        },
      },
    ],
  ];
  for (const [what, text, code, says, repair, change] of refused) {
    test(`is refused before anything is built: ${what}`, async () => {
      const { build, asked, refused } = worldWith(change);
      assert.equal(await refused(text), code);
      const { failure } = await build(text);
      assert.equal(failure?.code, code, JSON.stringify(failure));
      assert.match(failure?.message ?? '', says);
      assert.equal(failure?.repairs?.[0]?.command ?? null, repair);
      assert.equal(asked.installed.length, 0);
    });
  }

  test('needs a Python', async () => {
    const { build, refused } = worldWith({}, ['six 1.17.0']);
    assert.equal(await refused('create churn six --pip rich'), 'no-python');
    const { failure } = await build('create churn six --pip rich');
    assert.equal(failure?.code, 'no-python');
    assert.deepEqual(
      failure?.repairs?.map(({ command }) => command),
      ['create churn python six --pip rich --edge lab'],
    );
  });
});

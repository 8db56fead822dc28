/** Asked who has a package, everybody is told of every environment that has it, and of no other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Environment, Revision } from '../../src/domain/environment.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { search } from '../../src/domain/search.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { environment, revision } from '../answers/samples.ts';
import { createWorld, locked } from './world.ts';

function made(number: number, names: string[], change: Partial<Revision> = {}): Revision {
  const packages = names.map((name) => {
    const [base = '', version = '', build = 'h1_0'] = name.split('=');
    return { ...locked(`${base} ${version}`), build };
  });
  const lock: Lock = { platform: 'linux-64', packages };
  return { ...revision(number), lock, letGo: null, ...change };
}

function known(name: string, revisions: Revision[], change: Partial<Environment> = {}) {
  return { ...environment(name), revisions, tags: {}, defaultRevision: null, ...change };
}

function labels(environments: Environment[], spec: string, all = false): string[] {
  const { found } = search(environments, [parseSpec(spec)], { all, start: 0, limit: 9 });
  return found.map(({ environment: name, revision: number }) => `${name}@${number}`);
}

describe('who has a package', () => {
  const churn = known(
    'churn',
    [
      made(1, ['openssl=3.0.9']),
      made(2, ['openssl=3.0.14']),
      made(3, ['openssl=3.0.14'], { letGo: { at: 1, by: null } }),
      made(4, ['openssl=3.0.15']),
    ],
    { tags: { prod: 2 } },
  );

  test('is told of what names and tags mean, and with all of everything', () => {
    assert.deepEqual(labels([churn], 'openssl<3.0.15'), ['churn@2']);
    assert.deepEqual(labels([churn], 'openssl'), ['churn@2', 'churn@4']);
    assert.deepEqual(labels([churn], 'openssl<3.0.15', true), ['churn@1', 'churn@2', 'churn@3']);
  });

  test('is told by conda’s order of versions, and by builds', () => {
    const lot = known('lot', [made(1, ['openssl=1.1.1w=h5_3', 'libgcc=14.2.0=py311_12'])]);
    assert.deepEqual(labels([lot], 'openssl>1.1.1b'), ['lot@1']);
    assert.deepEqual(labels([lot], 'openssl<=1.1.1b'), []);
    assert.deepEqual(labels([lot], 'libgcc[build=py311_*]'), ['lot@1']);
    assert.deepEqual(labels([lot], 'libgcc[build=py31_*]'), []);
    assert.deepEqual(labels([lot], "libgcc[build_number='>=12']"), ['lot@1']);
    assert.deepEqual(labels([lot], 'libgcc[build_number=2]'), []);
  });

  test('is told of packages of pip by the names that pip compares', () => {
    const wheel = { name: 'my-tool', version: '2.0', url: '', sha256: '', size: null };
    const lock: Lock = { platform: 'linux-64', packages: [], wheels: [wheel] };
    const pipped = known('pipped', [made(1, [], { lock })]);
    assert.deepEqual(labels([pipped], 'my_tool>1'), ['pipped@1']);
  });

  test('where nobody has it, is told what there is instead', () => {
    const { missing } = search(
      [churn],
      ['openssl>=4', 'openssk'].map((each) => parseSpec(each)),
      { all: false, start: 0, limit: 9 },
    );
    assert.deepEqual(
      missing.map(({ versions, near }) => ({ versions, near })),
      [
        { versions: ['3.0.15', '3.0.14'], near: [] },
        { versions: [], near: ['openssl'] },
      ],
    );
  });

  test('can be asked by anybody', async () => {
    const { say } = createWorld();
    const reply = await say('U01', 'search "nothing-such<1"');
    assert.ok(reply.kind === 'search', JSON.stringify(reply));
    assert.deepEqual(reply.found, []);
  });
});

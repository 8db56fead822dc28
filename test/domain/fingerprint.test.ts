import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fingerprint } from '../../src/domain/fingerprint.ts';
import { compareLocks, type Lock, type LockedWheel } from '../../src/domain/lock.ts';
import { locked } from '../pipeline/world.ts';

const lock: Lock = { platform: 'linux-64', packages: ['python 3.11', 'numpy 2.2'].map(locked) };
const project = { name: 'features', origin: 'features@main', sha256: '1'.repeat(64) };

function wheel(text: string): LockedWheel {
  const [name = '', version = ''] = text.split(' ');
  const url = `https://index.example/${name}-${version}-py3-none-any.whl`;
  return { name, version, url, sha256: locked(text).sha256, size: 7 };
}

const known: Parameters<typeof fingerprint>[0] = {
  environment: 'churn',
  lock,
  projects: [project],
  layout: 'local',
  format: 'zip',
  packer: 'segments',
};

describe('a fingerprint', () => {
  const others: readonly [what: string, change: Partial<typeof known>][] = [
    ['the environment', { environment: 'fraud' }],
    ['the layout', { layout: 'global' }],
    ['the format', { format: 'tar.gz' }],
    ['the packer', { packer: 'archiver' }],
    ['the platform', { lock: { ...lock, platform: 'linux-aarch64' } }],
    [
      'the bytes of a package',
      { lock: { ...lock, packages: ['python 3.12', 'numpy 2.2'].map(locked) } },
    ],
    ['a further package', { lock: { ...lock, packages: [...lock.packages, locked('six')] } }],
    ['a package less', { lock: { ...lock, packages: lock.packages.slice(1) } }],
    ['a wheel', { lock: { ...lock, wheels: [wheel('rich 15.0')] } }],
    [
      'what an sdist is built with',
      { lock: { ...lock, wheels: [{ ...wheel('rich 15.0'), builtWith: [wheel('hatch 1')] }] } },
    ],
    ['the bytes of a project', { projects: [{ ...project, sha256: '2'.repeat(64) }] }],
    ['a project less', { projects: [] }],
  ];
  for (const [what, change] of others) {
    test(`is another one with another value of: ${what}`, () => {
      assert.notEqual(fingerprint({ ...known, ...change }), fingerprint(known));
    });
  }

  test('is the same whatever the order of the solver and the address of the channel', () => {
    const packages = lock.packages
      .toReversed()
      .map((entry) => ({ ...entry, url: `https://mirror.example/${entry.name}`, md5: 'f' }));
    assert.equal(fingerprint({ ...known, lock: { ...lock, packages } }), fingerprint(known));
  });

  test('tells builds of one sdist apart by what they have, in whatever order', () => {
    const builtWith = ['hatch 1', 'tools 2'].map(wheel);
    const of = (its: readonly LockedWheel[]) => {
      const wheels = [{ ...wheel('rich 15.0'), builtWith: its }];
      return fingerprint({ ...known, lock: { ...lock, wheels } });
    };
    assert.equal(of(builtWith), of(builtWith.toReversed()));
    assert.notEqual(of(builtWith), of(['hatch 1', 'tools 3'].map(wheel)));
  });

  test('stays what it is in records, until the packer writes other bytes', () => {
    assert.equal(
      fingerprint(known),
      '2669dd384eec384c20d5029174e1d4ac6d4e04f97a2350b7a1d266d42b945817',
    );
  });
});

describe('the difference of two locks', () => {
  const after: Lock = { ...lock, packages: ['six 1', 'numpy 2.3', 'python 3.11'].map(locked) };

  test('has what pip installs, too, as of the channel `pip`', () => {
    const before: Lock = { ...after, wheels: ['rich 14', 'gone 1'].map(wheel) };
    const { added, changed, removed } = compareLocks(before, {
      ...after,
      wheels: ['rich 15', 'new 1'].map(wheel),
    });
    assert.deepEqual(
      [added, removed].flat().map(({ name, channel }) => `${channel} ${name}`),
      ['pip new', 'pip gone'],
    );
    assert.deepEqual(
      changed.map((each) => [each.before.version, each.after.version]),
      [['14', '15']],
    );
  });

  test('names what was added, what changed and what went', () => {
    const before: Lock = { ...lock, packages: [...lock.packages, locked('old 1')] };
    const { added, changed, removed } = compareLocks(before, after);
    assert.deepEqual(
      added.map(({ name }) => name),
      ['six'],
    );
    assert.deepEqual(
      changed.map(({ before: from, after: to }) => [from.version, to.name, to.version]),
      [['2.2', 'numpy', '2.3']],
    );
    assert.deepEqual(
      removed.map(({ name }) => name),
      ['old'],
    );
  });

  test('knows another build of the same version by its bytes', () => {
    const rebuilt = lock.packages.map((entry) => ({ ...entry, sha256: 'c'.repeat(64) }));
    assert.equal(compareLocks(lock, { ...lock, packages: rebuilt }).changed.length, 2);
  });

  test('is everything when there was nothing, and nothing when nothing changed', () => {
    assert.equal(compareLocks(null, after).added.length, 3);
    assert.deepEqual(compareLocks(lock, lock), { added: [], removed: [], changed: [] });
  });
});

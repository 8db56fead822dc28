/** Two sides, each a file or a revision, compared by the most that is known of both. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareSides, type Side } from '../../src/domain/comparison.ts';
import { everyPackage, type LockedPackage, PIP } from '../../src/domain/lock.ts';
import { parseRequirement } from '../../src/domain/pip.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { locked } from '../pipeline/world.ts';

const asking = (specs: readonly string[], pip: readonly string[] = []): Side => ({
  ...{ label: 'environment.yml', installed: null, left: [] },
  asked: { specs: specs.map((text) => parseSpec(text)), pip: pip.map(parseRequirement) },
});

const having = (...packages: LockedPackage[]): Side => ({
  ...{ label: 'churn@3', asked: { specs: [], pip: [] }, left: [] },
  installed: everyPackage({ platform: 'linux-64', packages }),
});

const ofPip = (text: string): LockedPackage => ({
  ...locked(text),
  ...{ channel: PIP, build: '', subdir: '' },
});

describe('a file that asks, beside what is there', () => {
  const judged = (asked: Side, there: Side) => {
    const compared = compareSides(asked, there);
    assert.equal(compared.kind, 'constraints');
    return compared.kind === 'constraints' ? compared : assert.fail();
  };

  test('names each constraint with what there is of it, met or not', () => {
    const asked = asking(['python=3.11', 'numpy>=2', 'scipy']);
    const there = having(locked('python 3.11.9'), locked('numpy 1.26.4'), locked('zlib 1.3'));
    assert.deepEqual(judged(asked, there), {
      kind: 'constraints',
      judged: [
        { asked: 'python=3.11', found: 'python 3.11.9', isMet: true },
        { asked: 'numpy>=2', found: 'numpy 1.26.4', isMet: false },
        { asked: 'scipy', found: null, isMet: false },
      ],
      others: 1,
    });
  });

  test('is told the same whichever of the two stands first', () => {
    const [asked, there] = [asking(['numpy>=2']), having(locked('numpy 2.2.6'))];
    assert.deepEqual(compareSides(asked, there), compareSides(there, asked));
  });

  test('has what it asks of pip from conda, by another name, too', () => {
    const asked = asking([], ['torch>=2', 'rich==13.7.1', 'Flask_SQLAlchemy']);
    const there = having(locked('pytorch 2.3.0'), ofPip('rich 13.7.1'), ofPip('six 1.0'));
    assert.deepEqual(
      judged(asked, there).judged.map(({ found, isMet }) => [found, isMet]),
      [
        ['pytorch 2.3.0', true],
        ['rich 13.7.1 (pip)', true],
        [null, false],
      ],
    );
  });

  test('with a build or a channel wants these', () => {
    const there = having(locked('numpy 2.2.6'));
    for (const [spec, isMet] of [
      ['numpy=2.2.6=0', true],
      ['numpy=2.2.6=py311*', false],
      ['conda-forge::numpy', true],
      ['bioconda::numpy', false],
    ] as const) {
      assert.equal(judged(asking([spec]), there).judged[0]?.isMet, isMet, spec);
    }
  });
});

describe('two locks', () => {
  test('differ by their bytes, and without digests by versions and builds', () => {
    const numpy = locked('numpy 2.2.6');
    const bare = { ...numpy, sha256: '' };
    const counts = (one: LockedPackage, other: LockedPackage) => {
      const compared = compareSides(having(one), having(other));
      return compared.kind === 'packages' ? compared.difference.changed.length : assert.fail();
    };
    assert.equal(counts(numpy, numpy), 0);
    assert.equal(counts(numpy, { ...numpy, sha256: 'f'.repeat(64) }), 1);
    assert.equal(counts(numpy, bare), 0);
    assert.equal(counts(bare, { ...bare, build: '1' }), 1);
    assert.equal(counts(bare, { ...bare, version: '2.3.0' }), 1);
  });
});

describe('two files that ask', () => {
  test('differ in rows that came, went and changed; of conda and pip apart', () => {
    const compared = compareSides(
      asking(['python=3.11', 'numpy', 'rich'], ['six==1.16']),
      asking(['python=3.12', 'numpy', 'scipy'], ['six==1.17', 'rich']),
    );
    assert.deepEqual(compared, {
      kind: 'asked',
      added: ['scipy', 'rich (pip)'],
      removed: ['rich'],
      changed: [
        { from: 'python=3.11', to: 'python=3.12' },
        { from: 'six==1.16 (pip)', to: 'six==1.17 (pip)' },
      ],
    });
  });
});

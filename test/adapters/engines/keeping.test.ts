import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { solveKeeping } from '../../../src/adapters/engines/keeping.ts';
import { outsideError, userError } from '../../../src/domain/errors.ts';
import type { LockedPackage } from '../../../src/domain/lock.ts';
import type { SolveRequest } from '../../../src/domain/ports.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { locked } from '../../pipeline/world.ts';
import { recordProgress } from './lab.ts';

/** Solves with what is kept each time, until a solve is not refused; `words` of the refusals. */
async function solve(
  specs: readonly string[],
  keep: readonly string[],
  words: string[] = [],
  others: readonly LockedPackage[] = [],
) {
  const tried: string[][] = [];
  const request: SolveRequest = {
    ...{ specs: specs.map((text) => parseSpec(text)), channels: [], platform: 'linux-64' },
    ...{ glibc: null, keep: [...keep.map(locked), ...others] },
  };
  const solving = solveKeeping(request, recordProgress().progress, async (pinned) => {
    tried.push(pinned.keep.map(({ name }) => name));
    const details = words[tried.length - 1];
    if (details === undefined) return { platform: 'linux-64', packages: [] };
    throw userError({ code: 'unsatisfiable', message: 'No.', details });
  });
  const refused = await solving.then(
    () => null,
    (error: Error) => error,
  );
  return { tried, refused };
}

describe('packages that stay', () => {
  const keep = ['python 3.11.9', 'numpy 1.26.4', 'libblas 3.9.0', 'openssl 3.5.1'];

  test('are all pinned where that can be solved', async () => {
    const { tried } = await solve(['numpy'], keep);
    assert.deepEqual(tried, [['python', 'numpy', 'libblas', 'openssl']]);
  });

  const others: readonly (readonly [spec: string, stays: boolean])[] = [
    ['numpy>=2', false],
    ['numpy=1.26', true],
    ['numpy==1.26', false],
    ['numpy=1.26.4=0', true],
    ['numpy=1.26.4=py311_0', false],
    ["numpy[build='*0']", true],
    ["numpy[build='py*']", false],
    ['conda-forge::numpy', true],
    ['bioconda::numpy', false],
  ];
  for (const [spec, stays] of others) {
    test(`${stays ? 'stay' : 'move at once'} for \`${spec}\``, async () => {
      const { tried } = await solve([spec], keep);
      assert.equal(tried.length, 1);
      assert.equal(tried[0]?.includes('numpy'), stays);
    });
  }

  test('compiled for a Python move with it, and no others do', async () => {
    const compiled = { ...locked('scipy 1.15.3'), build: 'py311h8f1_2' };
    const tried = await solve(['python=3.12'], keep, [], [compiled]);
    assert.deepEqual(tried.tried, [['numpy', 'libblas', 'openssl']]);
    const staying = await solve(['python=3.11'], keep, [], [compiled]);
    assert.deepEqual(staying.tried, [['python', 'numpy', 'libblas', 'openssl', 'scipy']]);
    const unsaid = await solve(['python=3.12'], ['numpy 1.26.4'], [], [compiled]);
    assert.deepEqual(unsaid.tried, [['numpy', 'scipy']]);
  });

  const refusals: readonly (readonly [who: string, words: string])[] = [
    ['resolvo', '└─ the constraint libblas ==3.9.0 h1_0 cannot be fulfilled'],
    ['libmamba', '└─ pin on libblas =3.9.0 is not installable'],
    ['conda', 'The following packages are not available:\n\n  - libblas==3.9.0=h1_0\n'],
  ];
  for (const [who, words] of refusals) {
    test(`let go of only what ${who} says is in the way`, async () => {
      const { tried, refused } = await solve(['numpy'], keep, [words]);
      assert.deepEqual([tried[1], refused], [['python', 'numpy', 'openssl'], null]);
    });
  }

  test('all move where the words name none of them', async () => {
    const { tried } = await solve(['numpy'], keep, ['No.']);
    assert.deepEqual(tried[1], []);
  });

  test('all move after a few solves, and the last refusal is the one that counts', async () => {
    const pins = ['python', 'numpy', 'libblas'].map((name) => `the constraint ${name} ==1 cannot`);
    const { tried, refused } = await solve(['numpy'], keep, [...pins, 'No.', 'Nothing goes.']);
    assert.deepEqual(
      tried.map(({ length }) => length),
      [4, 3, 2, 1, 0],
    );
    assert.equal((refused as { details?: string } | null)?.details, 'Nothing goes.');
  });

  test('are no reason to solve again where the engine itself has failed', async () => {
    let solves = 0;
    const request: SolveRequest = {
      ...{ specs: [], channels: [], platform: 'linux-64', glibc: null, keep: keep.map(locked) },
    };
    const failing = solveKeeping(request, recordProgress().progress, async () => {
      solves += 1;
      throw outsideError({ code: 'channel-unreachable', message: 'Away.' });
    });
    await assert.rejects(failing, { code: 'channel-unreachable' });
    assert.equal(solves, 1);
  });
});

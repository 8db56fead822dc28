/** A file may name thousands of packages that no channel has: each is said, few are guessed at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPackages } from '../../src/domain/missing-packages.ts';
import type { Channels } from '../../src/domain/ports.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';

test('of many packages that are missing, what was meant is looked for of the first fifty', async () => {
  const names = new Set(['numpy']);
  const channels: Channels = {
    read: async () => [
      { name: 'lab', has: (name) => names.has(name), versions: () => [], names: () => names },
    ],
    close: () => undefined,
  };
  const specs = Array.from({ length: 60 }, () => parseSpec('nunpy'));
  const missing = await missingPackages(specs, ['lab'], channels);
  assert.deepEqual(
    missing?.map(({ instead }) => instead.map(({ name }) => name).join()),
    specs.map((_, index) => (index < 50 ? 'numpy' : '')),
  );
});

test('a version that there is not is replaced by the nearest that may be offered', async () => {
  const versions = ['3.13.5', '3.11.3', '3.10.2'];
  const channels: Channels = {
    read: async () => [
      { name: 'lab', has: () => true, versions: () => versions, names: () => ['python'] },
    ],
    close: () => undefined,
  };
  const instead = async (offered: readonly string[]) => {
    const asked = [parseSpec('python=3.12')];
    const missing = await missingPackages(asked, ['lab'], channels, () => offered);
    return missing?.flatMap((each) => each.instead.map(formatSpec));
  };
  assert.deepEqual(await instead(['3.10.2']), ['python=3.10']);
  assert.deepEqual(await instead([]), ['python=3.13']);
});

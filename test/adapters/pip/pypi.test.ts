import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { networkEnvironment } from '../../../src/adapters/host/network.ts';
import { createPip } from '../../../src/adapters/pip/pip.ts';
import { probeIndex } from '../../../src/adapters/pip/probe.ts';
import { parseRequirement } from '../../../src/domain/pip.ts';
import { whyNoUv } from '../../harness/pip-index.ts';
import { locked } from '../../pipeline/world.ts';
import { labPython, recordProgress } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferry-pypi-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const index = { name: 'pypi', url: process.env.PIP_INDEX_URL ?? 'https://pypi.org/simple' };
const network = networkEnvironment(process.env);
const skip =
  whyNoUv() ||
  (await probeIndex(index, network).then(
    () => false,
    () => 'this machine does not reach PyPI',
  ));

describe('PyPI', { skip }, () => {
  test('has wheels that go with conda’s numpy, and their bytes are those it says', async () => {
    const pip = createPip({
      ...{ python: async () => labPython, indexes: [index], network, sdists: [] },
      ...{ dataDirectory: join(folder, 'data'), cacheBytes: 1e9 },
    });
    const { progress } = recordProgress();
    const lock = {
      platform: 'linux-64' as const,
      packages: [{ ...locked('numpy 1.26.4'), build: 'py311_0' }],
    };
    const requirements = ['pandas==2.2.3', 'pyyaml==6.0.2', 'numpy'].map(parseRequirement);
    const target = { python: '3.11.9', glibc: '2.28' };
    const wheels = await pip.resolve({ requirements, lock, keep: [], ...target }, progress);
    const files = wheels.map(({ url }) => url.split('/').at(-1) ?? '');
    assert.ok(
      files.some((file) => /^pandas-2\.2\.3-cp311-cp311-manylinux.*x86_64\.whl$/.test(file)),
    );
    assert.ok(!files.some((file) => file.startsWith('numpy-')));
    const small = wheels.filter(({ name }) => name === 'pyyaml');
    const [pin] = await pip.fetch(small, join(folder, 'build'), progress);
    assert.equal(readdirSync(join(folder, 'build', pin?.sha256 ?? '')).length, 1);
  });
});

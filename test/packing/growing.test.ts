import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack } from '../../src/packing/pack.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';

for (const format of ['zip', 'tar.gz'] as const) {
  test(`what is told of a ${format} while it is written are bytes that it ends up with`, async (context) => {
    const folder = await temporaryFolder(context);
    const prefix = await fakePrefix(
      join(folder, 'prefix'),
      { python: PYTHON, text: { 'share/text': 'text\n'.repeat(300_000) } },
      { 'share/own': 'of {prefix}' },
    );
    const seen: { name: string; isThere: boolean; bytes: Buffer }[] = [];
    const report = await pack({
      ...{ prefix, output: join(folder, `churn.${format}`), format, root: 'churn' },
      onSegment({ name, offset, bytes, sha256 }, path) {
        const there = readFileSync(path).subarray(offset, offset + bytes);
        const isThere = createHash('sha256').update(there).digest('hex') === sha256;
        seen.push({ name, isThere, bytes: there });
      },
    });
    assert.deepEqual(
      seen.map(({ name }) => name),
      report.segments.map(({ name }) => name),
    );
    assert.ok(seen.every(({ isThere }) => isThere));
    assert.deepEqual(Buffer.concat(seen.map(({ bytes }) => bytes)), readFileSync(report.path));
  });
}

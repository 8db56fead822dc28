import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pruneCompiled } from '../../src/terminal/compiled.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

/** Files of ten bytes, written so many days ago. */
async function compiled(folder: string, daysAgo: Readonly<Record<string, number>>) {
  for (const [path, days] of Object.entries(daysAgo)) {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '0123456789');
    const at = Date.now() / 1000 - days * 86_400;
    await utimes(file, at, at);
  }
}

describe('what Node compiled', () => {
  test('goes after a while, with the folder of a Node that is gone', async (context) => {
    const folder = await temporaryFolder(context);
    await compiled(folder, { 'v22/a': 31, 'v24/a': 31, 'v24/b': 29 });
    await pruneCompiled(folder);
    assert.deepEqual(await readdir(folder, { recursive: true }), ['v24', 'v24/b']);
  });

  test('goes where it is too much, the oldest first', async (context) => {
    const folder = await temporaryFolder(context);
    await compiled(folder, { 'v24/a': 3, 'v24/b': 1, 'v24/c': 2 });
    await pruneCompiled(folder, { days: 30, bytes: 25 });
    assert.deepEqual(await readdir(join(folder, 'v24')), ['b', 'c']);
  });
});

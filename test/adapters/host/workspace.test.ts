import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createWorkspace } from '../../../src/adapters/host/workspace.ts';

describe('archives on a build host', () => {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const workspace = createWorkspace({ directory, slots: 1 });
  const archive = async (letter: string, hours: number) => {
    const path = await workspace.archivePath(letter.repeat(64), 'churn.zip');
    writeFileSync(path, letter);
    const at = Date.now() / 1000 - hours * 3600;
    utimesSync(dirname(path), at, at);
    return path;
  };

  it('are removed one by one, and by nothing but a fingerprint', async () => {
    const [first, second] = [await archive('a', 0), await archive('b', 0)];
    await workspace.removeArchive('a'.repeat(64));
    await workspace.removeArchive('a'.repeat(64));
    assert.deepEqual([existsSync(first), existsSync(second)], [false, true]);
    for (const wrong of ['', '..', '../builds']) {
      await assert.rejects(workspace.removeArchive(wrong), /no fingerprint/);
    }
  });

  it('are swept once nothing is made of them, but for the last day', async () => {
    const [kept, old, young] = [
      await archive('c', 48),
      await archive('d', 48),
      await archive('e', 1),
    ];
    const other = join(directory, 'archives', 'notes.txt');
    writeFileSync(other, 'of somebody else');
    utimesSync(other, 1, 1);
    assert.deepEqual(await workspace.sweepArchives(new Set(['c'.repeat(64)])), ['d'.repeat(64)]);
    assert.deepEqual([kept, old, young, other].map(existsSync), [true, false, true, true]);
  });
});

describe('folders of builds on a build host', () => {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const workspace = createWorkspace({ directory, slots: 1 });

  it('are swept once a worker that was killed has left them for a day', async () => {
    const left = async (id: string, hours: { folder: number; inside: number }) => {
      const projects = await workspace.projectDirectory(id);
      writeFileSync(join(projects, 'code.zip'), id);
      const at = (count: number) => Date.now() / 1000 - count * 3600;
      utimesSync(projects, at(hours.inside), at(hours.inside));
      utimesSync(dirname(projects), at(hours.folder), at(hours.folder));
      return projects;
    };
    const long = { folder: 48, inside: 48 };
    const folders = [
      await left('living', long),
      await left('dead', long),
      await left('young', { folder: 48, inside: 1 }),
    ];
    assert.deepEqual(await workspace.sweepBuilds(new Set(['living'])), ['dead']);
    assert.deepEqual(folders.map(existsSync), [true, false, true]);
  });

  it('are none where nothing was built yet', async () => {
    const fresh = createWorkspace({ directory: join(directory, 'fresh'), slots: 1 });
    assert.deepEqual(await fresh.sweepBuilds(new Set()), []);
  });
});

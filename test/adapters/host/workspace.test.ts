import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

describe('prefixes of a build host with several workers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  const workers: ChildProcess[] = [];
  const SLOTS = 4;
  after(async () => {
    const ends = workers.map((worker) => once(worker, 'exit'));
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(ends);
    rmSync(directory, { recursive: true, force: true });
  });
  const tell = async (worker: ChildProcess, word: string) => {
    const answer = once(worker.stdout as NodeJS.EventEmitter, 'data');
    worker.stdin?.write(`${word}\n`);
    return String((await answer)[0]).trim();
  };

  it('are one worker’s at a time, also where all take over from workers that were killed', async () => {
    const program = join(import.meta.dirname, 'prefix-holder.ts');
    for (let count = 0; count < SLOTS; count += 1) {
      const words = [program, directory, String(SLOTS)];
      workers.push(spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] }));
    }
    await Promise.all(workers.map(({ stdout }) => once(stdout as NodeJS.EventEmitter, 'data')));
    const dead = spawnSync(process.execPath, ['--version']).pid;
    const prefixes = join(directory, 'prefix');
    mkdirSync(prefixes);
    for (let round = 0; round < 25; round += 1) {
      for (let slot = 0; slot < SLOTS; slot += 1) {
        writeFileSync(join(prefixes, `${slot}.lock`), String(dead));
      }
      const paths = await Promise.all(workers.map((worker) => tell(worker, 'hold')));
      assert.equal(new Set(paths).size, SLOTS, paths.join(' '));
      await Promise.all(workers.map((worker) => tell(worker, 'release')));
      const left = readdirSync(prefixes).filter((name) => name.includes('.lock'));
      assert.deepEqual(left, []);
    }
  });
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createWorkspace, sweepLeft } from '../../../src/adapters/host/workspace.ts';
import { Cancelled } from '../../../src/domain/errors.ts';

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

describe('what a killed worker had written of an archive', () => {
  const directory = mkdtempSync(join(tmpdir(), 'workspace-test-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is swept after a day, beside an archive that stays', async () => {
    const workspace = createWorkspace({ directory, slots: 1 });
    const fingerprint = 'a'.repeat(64);
    const archive = await workspace.archivePath(fingerprint, 'churn.zip');
    const files = [archive, `${archive}.part-0123abcd`, `${archive}.part-89abcdef`];
    for (const file of files) writeFileSync(file, 'bytes');
    const [, old = ''] = files;
    const then = Date.now() / 1000 - 48 * 3600;
    utimesSync(archive, then, then);
    utimesSync(old, then, then);
    assert.deepEqual(await workspace.sweepArchives(new Set([fingerprint])), []);
    assert.deepEqual(files.map(existsSync), [true, false, true]);
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
  const never = new AbortController().signal;
  const quiet = async () => undefined;
  after(async () => {
    await Promise.all(workers.map(kill));
    rmSync(directory, { recursive: true, force: true });
  });
  const worker = async (folder: string, slots: number) => {
    const program = join(import.meta.dirname, 'prefix-holder.ts');
    const words = [program, folder, String(slots)];
    const started = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    workers.push(started);
    await once(started.stdout as NodeJS.EventEmitter, 'data');
    return started;
  };
  const tell = async (worker: ChildProcess, word: string) => {
    const answer = once(worker.stdout as NodeJS.EventEmitter, 'data');
    worker.stdin?.write(`${word}\n`);
    return String((await answer)[0]).trim();
  };
  const kill = async (worker: ChildProcess) => {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    const end = once(worker, 'exit');
    worker.kill('SIGKILL');
    await end;
  };

  it('are one worker’s at a time, also where all find what workers that were killed have left', async () => {
    const folder = join(directory, 'rounds');
    const started = await Promise.all(Array.from({ length: SLOTS }, () => worker(folder, SLOTS)));
    const prefixes = join(folder, 'prefix');
    mkdirSync(prefixes, { recursive: true });
    for (let round = 0; round < 10; round += 1) {
      for (let slot = 0; slot < SLOTS; slot += 1) {
        writeFileSync(join(prefixes, `${slot}.lock`), 'build killed, process 1');
      }
      const paths = await Promise.all(started.map((each) => tell(each, 'hold')));
      assert.equal(new Set(paths).size, SLOTS, paths.join(' '));
      await Promise.all(started.map((each) => tell(each, 'release')));
    }
  });

  it('are free when their worker is killed, whoever has its process id now', async () => {
    const folder = join(directory, 'killed');
    const holder = await worker(folder, 1);
    const path = await tell(holder, 'hold');
    mkdirSync(join(path, 'half'), { recursive: true });
    await kill(holder);
    const lock = join(folder, 'prefix', '0.lock');
    const left = readFileSync(lock, 'utf8');
    assert.match(left, new RegExp(`^build killed, process ${holder.pid} on `));
    for (const pid of [process.pid, process.ppid]) {
      writeFileSync(lock, left.replace(String(holder.pid), String(pid)));
      const workspace = createWorkspace({ directory: folder, slots: 1 });
      const held = await workspace.acquirePrefix('next', never, async (why) => assert.fail(why));
      assert.deepEqual([held.path, existsSync(held.path)], [path, false]);
      await held.release();
    }
  });

  it('and what they are half done with stay while their worker lives, and go when the next one begins', async () => {
    const folder = join(directory, 'left');
    const [living, dead] = [await worker(folder, 2), await worker(folder, 2)];
    const left: string[] = [];
    for (const each of [living, dead]) {
      for (const path of [await tell(each, 'hold'), await tell(each, 'work')]) {
        mkdirSync(join(path, 'half'), { recursive: true });
        left.push(path);
      }
    }
    await kill(dead);
    // Its own process begins here for the first time.
    await sweepLeft(folder);
    assert.deepEqual(left.map(existsSync), [true, true, false, false]);
    const locks = readdirSync(join(folder, 'scratch')).filter((name) => name.endsWith('.lock'));
    assert.equal(locks.length, 2, 'that of the living one, and ours');
  });

  it('are waited for with a word on who holds them, said again when that changes', async () => {
    const folder = join(directory, 'waiting');
    const workspace = createWorkspace({ directory: folder, slots: 1 });
    const first = await workspace.acquirePrefix('first', never, quiet);
    const said: string[] = [];
    const second = await workspace.acquirePrefix('second', never, async (why) => {
      said.push(why);
      if (said.length === 2) return first.release();
      writeFileSync(join(folder, 'prefix', '0.lock'), 'build other, process 1 on elsewhere\n');
    });
    const held = (by: string) => `waiting for a free prefix, held by ${by}`;
    assert.ok(said[0]?.startsWith(held(`build first, process ${process.pid} on `)), said[0]);
    assert.deepEqual(said.slice(1), [held('build other, process 1 on elsewhere')]);
    await second.release();
  });

  it('are waited for until the build is stopped, which ends for that reason', async () => {
    const workspace = createWorkspace({ directory: join(directory, 'stopped'), slots: 1 });
    const first = await workspace.acquirePrefix('first', never, quiet);
    const stop = new AbortController();
    const stopped = new Cancelled('shutdown');
    const second = workspace.acquirePrefix('second', stop.signal, async () => {
      // Once it has said so it waits, and is stopped then.
      setTimeout(() => stop.abort(stopped), 20);
    });
    await assert.rejects(second, stopped);
    await first.release();
  });
});

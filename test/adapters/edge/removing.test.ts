import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { StagingPlace } from '../../../src/domain/environment.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { StageRequest } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { recordPapers } from '../../harness/papers.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

describe('what is taken back from an edge node', { skip: withoutSshd }, () => {
  let world: World;
  let count: number;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    count = world.newRoot();
  });

  const { signal } = new AbortController();
  const GONE = { keepArchive: false, signal };
  const stage = (request: StageRequest) => world.edge().stage(request, world.progress);
  const point = (number: number) =>
    world
      .edge()
      .point('churn', { default: number, tags: { latest: number } }, recordPapers, signal);
  /** Everything under the root but folders, and what every edge node has. */
  const left = (...but: string[]) =>
    execFileSync('find', [world.root, '-mindepth', '1', '-printf', '%P\n'], { encoding: 'utf8' })
      .split('\n')
      .filter((path) => path !== '' && !['run', ...but].includes(path))
      .filter(
        (path) =>
          !/^(archives|envs|manifests|packages(\/\.lock)?|launch(\/\.lock)?|MYGLOBALENV)$/.test(
            path,
          ),
      )
      .sort();

  it('is all of it, and nothing else', async () => {
    const request = makeArchive(world.directory);
    const staging = await stage(request);
    await point(1);
    const mine = join(world.root, 'notes.txt');
    writeFileSync(mine, 'of somebody else');
    assert.ok(left('notes.txt').length > 5);
    const edge = world.edge();
    await edge.remove(staging, GONE);
    assert.deepEqual(left(), ['notes.txt']);
    await edge.remove(staging, GONE);
    const again = await stage(request);
    assert.equal(again.driverPrefix, staging.driverPrefix);
    assert.equal(await edge.isIntact(again, signal), true);
  });

  it('leaves the other revisions, which the links then lead to', async () => {
    const [first, second] = [1, 2].map((revision) => makeArchive(world.directory, { revision }));
    assert.ok(first && second);
    const [one, two] = [await stage(first), await stage(second)];
    await point(2);
    const before = left();
    await world.edge().remove(two, GONE);
    assert.equal(readlinkSync(join(world.root, 'envs/churn/current')), '1');
    assert.equal(existsSync(join(world.root, 'MYGLOBALENV/churn/bin/python')), true);
    assert.equal(existsSync(join(world.root, 'launch/churn@2')), false);
    assert.equal(existsSync(join(world.root, 'launch/churn')), false);
    assert.equal(await world.edge().isIntact(one, signal), true);
    const ofSecond = new RegExp(
      `^(?:envs|manifests)/churn/2|${second.archive.sha256}|^launch/churn(@2|:.*)?$`,
    );
    const kept = before.filter((path) => !ofSecond.test(path));
    assert.deepEqual(left(), kept);
  });

  it('is only the prefix where another one here is made from the same bytes', async () => {
    const request = makeArchive(world.directory);
    const one = await stage(request);
    const two = await stage({ ...request, revision: 2 });
    const edge = world.edge();
    await edge.remove(one, GONE);
    assert.equal(existsSync(one.driverPrefix), false);
    assert.equal(await edge.isIntact(two, signal), true);
    await edge.remove(two, { ...GONE, keepArchive: true });
    assert.deepEqual(
      left().filter((path) => path.endsWith('.tar.gz')),
      [`archives/${request.archive.sha256}/churn.tar.gz`],
    );
    await edge.remove(two, GONE);
    assert.deepEqual(left(), []);
  });

  it('leaves what starts other bytes that got the same number', async () => {
    const failed = makeArchive(world.directory);
    const one = await stage(failed);
    const request = makeArchive(world.directory, { files: { 'lib/other.py': 'other = 1\n' } });
    const two = await stage(request);
    assert.notEqual(two.driverPrefix, one.driverPrefix);
    await point(1);
    const edge = world.edge();
    await edge.remove(one, GONE);
    assert.equal(existsSync(one.driverPrefix), false);
    const started = readFileSync(join(world.root, 'launch/churn'), 'utf8');
    assert.ok(started.includes(`${two.driverPrefix}/bin/python`));
    await edge.remove(two, GONE);
    assert.deepEqual(left(), []);
  });

  it('is finished after a removal that was cut short anywhere', async () => {
    const request = makeArchive(world.directory);
    const staging = await stage(request);
    await point(1);
    const whole = join(world.directory, `whole-${count}`);
    cpSync(world.root, whole, { recursive: true, verbatimSymlinks: true });
    for (const step of ['rm', 'mv', 'rmdir']) {
      rmSync(world.root, { recursive: true });
      cpSync(whole, world.root, { recursive: true, verbatimSymlinks: true });
      const programs = join(world.directory, `programs-${count}-${step}`);
      mkdirSync(programs);
      // The shell that runs the program is killed, as when the host goes down.
      writeFileSync(join(programs, step), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
      const env = { PATH: `${programs}:${process.env.PATH}` };
      await assert.rejects(world.edge({ env }).remove(staging, GONE), step);
      await world.edge().remove(staging, GONE);
      assert.deepEqual(left(), [], step);
    }
  });

  it('is what a staging had begun, however far it came', async () => {
    const program = (text: string) => ({ 'bin/conda-unpack': `${text}\n` });
    const requests = [
      makeArchive(world.directory, { files: program('raise SystemExit(1)') }),
      makeArchive(world.directory, { environment: 'fraud' }),
    ];
    for (const request of requests) {
      let begun: StagingPlace | undefined;
      const following = {
        unpacked: () => undefined,
        begins: async (place: StagingPlace) => {
          begun = place;
        },
      };
      const wrong = { ...request, environment: 'churn' };
      await assert.rejects(world.edge().stage(wrong, world.progress, following), {
        code: 'unpack-failed',
      });
      assert.ok(begun && left().some((path) => path.endsWith('.tar.gz')));
      await world.edge().remove(begun, GONE);
      assert.deepEqual(left(), []);
    }
  });

  it('is never outside of the root, nor what another archive was unpacked to', async () => {
    const request = makeArchive(world.directory);
    const staging = await stage(request);
    const outside = join(world.directory, 'outside');
    mkdirSync(outside, { recursive: true });
    const before = left();
    for (const change of [
      { driverPrefix: outside },
      { driverPrefix: `${world.root}/envs/churn/../../../outside` },
      { driverPrefix: `${world.root}/envs/churn` },
      { driverPrefix: '' },
      { archivePath: `${outside}/churn.tar.gz` },
      { environment: '../outside' },
      { revision: 2 },
    ]) {
      await assert.rejects(
        world.edge().remove({ ...staging, ...change }, GONE),
        (error: FerryError) => ['not-ours', 'bad-name'].includes(error.code),
        JSON.stringify(change),
      );
    }
    assert.deepEqual(left(), before);
    const other = makeArchive(world.directory, { files: { 'lib/other.py': 'other = 1\n' } });
    const foreign = {
      ...staging,
      archive: other.archive,
      archivePath: staging.archivePath.replace(request.archive.sha256, other.archive.sha256),
    };
    await world.edge().remove(foreign, GONE);
    assert.deepEqual(left(), before);
  });

  it('is what was sent of one archive, and of no other one', async () => {
    const folder = join(world.root, 'archives');
    mkdirSync(folder, { recursive: true });
    const [sha256, fingerprint, other] = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
    assert.ok(sha256 && fingerprint && other);
    const sent = [`${sha256}.part`, `${sha256}.delta.part`, `${fingerprint}.churn.zip.part`];
    const others = [`${other}.part`, `${other}.churn.zip.part`];
    for (const name of [...sent, ...others]) writeFileSync(join(folder, name), 'bytes');
    await world.edge().discard({ fingerprint, sha256: null }, signal);
    assert.deepEqual(
      left(),
      [...sent.slice(0, 2), ...others].map((name) => `archives/${name}`).sort(),
    );
    await world.edge().discard({ fingerprint, sha256 }, signal);
    assert.deepEqual(left(), others.map((name) => `archives/${name}`).sort());
    const hostile = { fingerprint: '../envs', sha256: null };
    await assert.rejects(world.edge().discard(hostile, signal), { code: 'bad-name' });
  });
});

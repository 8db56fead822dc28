import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Staging } from '../../../src/domain/environment.ts';
import type { Edge, StageRequest } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

describe("a driver's prefix", { skip: withoutSshd }, () => {
  let world: World;
  let edge: Edge;
  let request: StageRequest;
  let staging: Staging;
  before(async () => {
    world = await startWorld();
    edge = world.edge({}, { keepMilliseconds: 60_000 });
    request = makeArchive(world.directory, { files: { 'lib/a b.py': 'x = 1\n' } });
    staging = await edge.stage(request, world.progress);
  });
  after(async () => {
    edge.close();
    await world[Symbol.asyncDispose]();
  });

  const at = (name: string) => join(staging.driverPrefix, name);
  const isIntact = () => edge.isIntact(staging, world.progress.signal);

  it('is as it was whatever Python compiles in it, and whoever has links to its files', async () => {
    mkdirSync(at('lib/__pycache__'));
    writeFileSync(at('lib/__pycache__/module.cpython-311.pyc'), 'compiled');
    linkSync(at('lib/module.py'), join(world.directory, 'elsewhere'));
    writeFileSync(at('lib/note'), 'of somebody');
    assert.equal(await isIntact(), true);
  });

  it('of an older version is taken for what it is, and looked after from then on', async () => {
    rmSync(at('.conda-ferry-look'));
    assert.equal(await isIntact(), true);
    rmSync(at('lib/note'));
    assert.equal(await isIntact(), false);
    await edge.stage(request, world.progress);
  });

  const DAMAGE: Record<string, (file: string) => void> = {
    'is gone': (file) => rmSync(file),
    'holds other bytes, as many': (file) => writeFileSync(file, 'y = 7\n'),
    'was replaced by one of the same size and time': (file) => {
      const { atime, mtime } = lstatSync(file);
      writeFileSync(`${file}.new`, 'y = 7\n');
      utimesSync(`${file}.new`, atime, mtime);
      renameSync(`${file}.new`, file);
    },
    'has another mode': (file) => chmodSync(file, 0o600),
    'is a link that leads elsewhere': (file) => {
      rmSync(file);
      symlinkSync('module.py', file);
    },
  };
  for (const [what, damage] of Object.entries(DAMAGE)) {
    it(`is unpacked again where a file of it ${what}, and that one is named`, async () => {
      const file = at('lib/a b.py');
      damage(file);
      world.log.length = 0;
      assert.equal(await isIntact(), false);
      const said = `edge edge1: './lib/a b.py' of ${staging.driverPrefix} is not as it was`;
      assert.deepEqual(world.log, [said]);
      const { driverPrefix } = await edge.stage(request, world.progress);
      assert.equal(driverPrefix, staging.driverPrefix);
      assert.equal(readFileSync(file, 'utf8'), 'x = 1\n');
      assert.equal(lstatSync(file).mode & 0o777, 0o644);
      assert.equal(await isIntact(), true);
    });
  }

  /** As a disk does by itself: as many other bytes in the same file, whose time is what it was. */
  const rot = (file: string, bytes: string) => {
    const time = join(world.directory, 'time');
    execFileSync('touch', ['-r', file, time]);
    writeFileSync(file, bytes);
    execFileSync('touch', ['-r', time, file]);
  };
  const restore = () => edge.restore(staging, world.progress);
  const nothingIsLeft = () =>
    assert.equal(execFileSync('find', [world.root, '-name', '*.part*'], { encoding: 'utf8' }), '');

  it('is compared to the last byte when it failed, and unpacked again where it is damaged', async () => {
    const file = at('lib/a b.py');
    rot(file, 'y = 7\n');
    assert.equal(await isIntact(), true, 'a look does not see it');
    const said = '`lib/a b.py` of the prefix on the edge was damaged; it is unpacked again.';
    assert.equal(await restore(), said);
    assert.equal(readFileSync(file, 'utf8'), 'x = 1\n');
    assert.ok(existsSync(join(staging.globalFolder ?? '', 'MYGLOBALENV/churn/bin/python')));
    assert.ok(existsSync(at('churn.tar.gz')));
    assert.equal(await isIntact(), true);
    nothingIsLeft();
  });

  it('stays the same files where nothing is damaged, with what came to it', async () => {
    writeFileSync(at('lib/note'), 'of somebody');
    const { ino } = lstatSync(at('lib/module.py'));
    assert.equal(await restore(), null);
    assert.equal(lstatSync(at('lib/module.py')).ino, ino);
    assert.equal(readFileSync(at('lib/note'), 'utf8'), 'of somebody');
    nothingIsLeft();
  });

  it('stays where it is when its archive cannot be unpacked beside it, or is damaged itself', async () => {
    const { ino } = lstatSync(at('lib/module.py'));
    const archive = readFileSync(staging.archivePath);
    rot(staging.archivePath, 'z'.repeat(archive.length));
    assert.match((await restore()) ?? '', /^The archive .* is damaged or gone/);
    writeFileSync(staging.archivePath, archive);
    const full = world.edge({
      env: { PATH: `${join(world.directory, 'full')}:${process.env.PATH}` },
    });
    mkdirSync(join(world.directory, 'full'));
    writeFileSync(join(world.directory, 'full/tar'), '#!/bin/sh\nexit 2\n', { mode: 0o755 });
    await assert.rejects(full.restore(staging, world.progress), {
      code: 'unpack-failed',
    });
    assert.equal(lstatSync(at('lib/module.py')).ino, ino);
    nothingIsLeft();
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { execFileSync } from '../../harness/command.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

describe('the folder of a line in the global layout', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  beforeEach(() => void world.newRoot());
  after(() => world[Symbol.asyncDispose]());

  const stage = async () => {
    const request = makeArchive(world.directory, { layout: 'global' });
    return { request, staging: await world.edge().stage(request, world.progress) };
  };
  const leadsTo = (folder: string | null) =>
    realpathSync(join(folder ?? '', 'MYGLOBALENV/churn/bin/python'));

  it('has no link that leads back to where it stands', async () => {
    const { staging } = await stage();
    assert.equal(leadsTo(staging.globalFolder), realpathSync(`${staging.driverPrefix}/bin/python`));
    // Programs that copy and look for files follow links; this one says so where that never ends.
    execFileSync('find', ['-L', world.root, '-name', 'python']);
  });

  it('goes on in the prefix where an older version had it, and goes with that', async () => {
    const { staging } = await stage();
    const edge = world.edge();
    const { signal } = world.progress;
    const old = join(staging.driverPrefix, 'global/MYGLOBALENV');
    mkdirSync(old, { recursive: true });
    symlinkSync('../..', join(old, 'churn'));
    rmSync(staging.globalFolder ?? '', { recursive: true });
    const older = { ...staging, globalFolder: join(staging.driverPrefix, 'global') };
    assert.ok(await edge.isIntact(older, signal));
    const launched = await edge.launch(older, signal);
    const python = realpathSync(`${staging.driverPrefix}/bin/python`);
    for (const { globalFolder } of [older, launched]) assert.equal(leadsTo(globalFolder), python);
    await edge.remove(launched, { keepArchive: false, signal });
    assert.deepEqual(readdirSync(join(world.root, 'envs')), []);
  });
});

import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

describe('the root on an edge node', { skip: withoutSshd }, () => {
  let world: World;
  let above: string;
  let count = 0;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    count += 1;
    above = join(world.directory, `above-${count}`);
    world.root = join(above, 'root');
    mkdirSync(world.root, { recursive: true });
    world.config.root = world.root;
  });

  const folder = (path: string, mode: number) => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
  };
  const asked = () => world.edge().profile(world.progress);
  const staged = () => world.edge().stage(makeArchive(world.directory), world.progress);

  const OPEN: Record<string, [path: () => string, mode: number]> = {
    'it may be written by everybody': [() => world.root, 0o777],
    'it may be written by a group, and a sticky bit does not mend that': [() => world.root, 0o1775],
    'a folder in it may be written by others': [() => join(world.root, 'packages'), 0o757],
    'the folder above may be written by others': [() => above, 0o777],
  };
  for (const [what, [path, mode]] of Object.entries(OPEN)) {
    it(`is refused where ${what}, naming it, its owner and mode, before anything is written`, async () => {
      folder(path(), mode);
      const refusal = {
        code: 'edge-root-open',
        retryable: false,
        message: new RegExp(
          `: ${path()} belongs to \\S+ and has the mode ${mode.toString(8).padStart(4, '0')}`,
        ),
        suggestion: /chmod go-w/,
      };
      // `check` asks for the profile.
      await assert.rejects(asked(), { ...refusal, message: /has the mode [01]7/ });
      await assert.rejects(staged(), refusal);
      assert.equal(existsSync(join(world.root, 'archives')), false);
    });
  }

  it('is refused where it belongs to somebody else, or leads to where others may write', async () => {
    // Only root can give a folder away.
    if (process.geteuid?.() === 0) {
      chownSync(world.root, 65534, 65534);
      await assert.rejects(asked(), { code: 'edge-root-open', message: /belongs to nobody/ });
      chownSync(world.root, 0, 0);
    }
    const shared = join(world.directory, `shared-${count}`);
    folder(join(shared, 'packages'), 0o755);
    symlinkSync(join(shared, 'packages'), join(world.root, 'packages'));
    await asked();
    chmodSync(shared, 0o777);
    await assert.rejects(asked(), { code: 'edge-root-open', message: /shared-\d+ belongs to/ });
  });

  it('is used under a folder with a sticky bit, by a link, and where it is not there yet', async () => {
    chmodSync(above, 0o1777);
    const link = join(world.directory, `link-${count}`);
    symlinkSync(world.root, link);
    await world.edge({ root: link }).profile(world.progress);
    await world.edge({ root: join(world.root, 'later') }).profile(world.progress);
    const edge = world.edge();
    const request = makeArchive(world.directory);
    assert.equal((await edge.stage(request, world.progress)).root, world.root);
    // What a staging made is as it has to be, and is looked at by each one.
    await asked();
    chmodSync(join(world.root, 'envs', 'churn'), 0o777);
    await assert.rejects(edge.stage(request, world.progress), {
      code: 'edge-root-open',
      message: /envs\/churn belongs/,
    });
  });
});

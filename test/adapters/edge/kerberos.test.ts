import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startWorld, type World, withoutSshd } from './world.ts';

describe('the doctor at an edge whose cluster wants Kerberos', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    mkdirSync(join(world.directory, 'conf'));
    mkdirSync(join(world.directory, 'programs'));
    world.config.env = {
      PATH: `${join(world.directory, 'programs')}:/usr/bin:/bin`,
      HADOOP_CONF_DIR: join(world.directory, 'conf'),
    };
  });
  after(() => world[Symbol.asyncDispose]());

  const klist = join('programs', 'klist');
  const write = (name: string, text: string) => {
    writeFileSync(join(world.directory, name), text);
    chmodSync(join(world.directory, name), 0o755);
  };
  const authentication = (kind: string) =>
    write(
      'conf/core-site.xml',
      `<configuration><property>\n<name>hadoop.security.authentication</name>\n<value>${kind}</value>\n</property></configuration>\n`,
    );

  const faults = () => world.faults('wants Kerberos');

  it('says that there is no valid ticket, and how to get one', async () => {
    authentication('kerberos');
    write(klist, '#!/bin/sh\n[ "$1" = -s ] && exit 1\n');
    const [fault, ...more] = await faults();
    assert.deepEqual(more, []);
    assert.equal(fault?.status, 'failed');
    assert.match(fault?.text ?? '', new RegExp(`\`${world.config.user}\` has no valid ticket`));
    assert.match(fault?.fix ?? '', /kinit -kt/);
  });

  it('is content with a valid ticket, and where none is wanted', async () => {
    authentication('kerberos');
    write(klist, '#!/bin/sh\n[ "$1" = -s ]\n');
    assert.deepEqual(await faults(), []);
    authentication('simple');
    write(klist, '#!/bin/sh\nexit 1\n');
    assert.deepEqual(await faults(), []);
  });

  it('says so where nothing can tell whether there is one', async () => {
    authentication('kerberos');
    rmSync(join(world.directory, klist), { force: true });
    const [fault] = await faults();
    assert.equal(fault?.status, 'warning');
    assert.match(fault?.text ?? '', /no `klist`/);
  });
});

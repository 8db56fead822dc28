import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startWorld, type World, withoutSshd } from './world.ts';

/** `hdfs dfs` as far as the doctor types it: paths that match `denied` cannot be made, as Hadoop 3.3 says so. */
const HDFS = (denied: string) => `#!/bin/sh
shift 3
status=0
for path in "$@"; do
  case $path in
    -mkdir | -rmdir) action=$path ;;
    ${denied})
      status=1
      if [ "$action" = -mkdir ]; then
        echo 'mkdir: Permission denied: user=ferry, access=WRITE, inode="/user":hdfs:supergroup:drwxr-xr-x' >&2
      elif [ "$action" = -rmdir ]; then
        echo "rmdir: \\\`$path': No such file or directory" >&2
      fi
      ;;
  esac
done
exit $status
`;

describe('the doctor at an edge whose cluster has HDFS', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    mkdirSync(join(world.directory, 'conf'));
    mkdirSync(join(world.directory, 'programs'));
    writeFileSync(
      join(world.directory, 'conf/core-site.xml'),
      '<configuration><property>\n<name>fs.defaultFS</name>\n<value>hdfs://nn:8020</value>\n</property></configuration>\n',
    );
    world.config.hdfs = 'auto';
    world.config.env = {
      PATH: `${join(world.directory, 'programs')}:/usr/bin:/bin`,
      HADOOP_CONF_DIR: join(world.directory, 'conf'),
    };
  });
  after(() => world[Symbol.asyncDispose]());

  function faults(denied: string) {
    const program = join(world.directory, 'programs/hdfs');
    writeFileSync(program, HDFS(denied));
    chmodSync(program, 0o755);
    return world.faults('HDFS');
  }

  it('says that archives cannot be written there, why, and what makes the folder', async () => {
    const [fault, ...more] = await faults('hdfs://*');
    assert.deepEqual(more, []);
    assert.equal(fault?.status, 'failed');
    const { user } = world.config;
    assert.ok(fault?.text.includes(`\`hdfs://nn:8020/user/${user}/envs\``), fault?.text);
    assert.match(fault?.text ?? '', /Permission denied: user=ferry, access=WRITE/);
    assert.match(fault?.fix ?? '', /hdfs dfs -mkdir -p \S+ && hdfs dfs -chown .*edge-account\.sh/);
  });

  it('warns where Spark could not upload what an application needs', async () => {
    const [fault, ...more] = await faults('.*');
    assert.deepEqual(more, []);
    assert.equal(fault?.status, 'warning');
    assert.ok(fault?.fix.includes(`-chown ${world.config.user} /user/${world.config.user}\``));
  });

  it('is content where both can be made, and where no HDFS is to be used', async () => {
    assert.deepEqual(await faults('nothing'), []);
    world.config.hdfs = null;
    assert.deepEqual(await faults('*'), []);
  });
});

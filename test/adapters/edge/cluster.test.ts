import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { FerryError } from '../../../src/domain/errors.ts';
import type { StageRequest } from '../../../src/domain/ports.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

/** HDFS as a folder: what the programs use of `hdfs dfs`, and a journal of it. */
const HDFS = (folder: string) => `
root=${folder}
echo "$*" >>$root/journal
if [ -f $root/broken ]; then cat $root/broken >&2; exit 1; fi
[ "$1" = dfs ] && shift
if [ "$1" = -D ]; then shift 2; fi
verb=$1; shift
at() { echo "$root/\${1#hdfs://nn:8020/}"; }
case $verb in
  -stat) format=$1; shift; status=0
    case $1 in
      *'*'*) found=
        for path in $(at "$1"); do
          if [ -e "$path" ]; then found=1; echo "is $(stat -c %Y "$path")123 \${path##*/}"; fi
        done
        [ -n "$found" ] && exit 0 ;;
    esac
    for path; do
      if [ -e "$(at "$path")" ]; then
        bytes=0; [ -f "$(at "$path")" ] && bytes=$(wc -c <"$(at "$path")" | tr -d ' ')
        echo "is $bytes $(stat -c %a "$(at "$path")") \${path##*/}"
      else echo "stat: \\\`$path': No such file or directory" >&2; status=1; fi
    done; exit $status ;;
  -mkdir) mkdir -p "$(at "$2")" ;;
  -put) [ "$1" = -f ] && shift
    [ -d "$(at "$2")" ] || { echo "put: \\\`$2': No such file or directory" >&2; exit 1; }
    cp -rL "$1" "$(at "$2")" ;;
  -cat) cat "$(at "$1")" ;;
  -mv) mv "$(at "$1")" "$(at "$2")" ;;
  -rm) rm -rf "$(at "$4")" ;;
  *) echo "unknown $verb" >&2; exit 1 ;;
esac
`;

describe('the cluster behind an edge node', { skip: withoutSshd }, () => {
  let world: World;
  let base: string;
  let count = 0;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    count += 1;
    base = join(world.directory, `machine-${count}`);
    world.config.root = join(base, 'root');
    world.log.length = 0;
    mkdirSync(join(base, 'programs'), { recursive: true });
    world.config.env = { PATH: `${base}/programs:/usr/bin:/bin` };
    world.config.cluster = {};
  });

  const file = (path: string, content = '') => {
    mkdirSync(join(base, path, '..'), { recursive: true });
    writeFileSync(join(base, path), content);
  };
  const program = (name: string, text: string) => {
    file(name, `#!/bin/sh\n${text}\n`);
    chmodSync(join(base, name), 0o755);
  };
  const site = (properties: Record<string, string>) =>
    `<?xml version="1.0"?>\n<configuration>\n<!-- <property><name>fs.defaultFS</name><value>file:///comment</value></property> -->\n${Object.entries(
      properties,
    )
      .map(
        ([name, value]) =>
          `<property>\n  <name>${name}</name>\n  <value>${value}</value>\n</property>`,
      )
      .join('\n')}\n</configuration>\n`;
  const hadoop = (properties: Record<string, string> = {}) => {
    file('conf/core-site.xml', site({ 'fs.defaultFS': 'hdfs://nn:8020', ...properties }));
    file('conf/yarn-site.xml', site(properties));
    world.config.env.HADOOP_CONF_DIR = join(base, 'conf');
  };
  const hdfs = () => {
    mkdirSync(join(base, 'hdfs'));
    program('programs/hdfs', HDFS(join(base, 'hdfs')));
  };
  const journal = () => readFileSync(join(base, 'hdfs/journal'), 'utf8').trim().split('\n');

  it('is told by file names, without starting a JVM', async () => {
    hadoop();
    program('spark/bin/spark-submit', 'echo started >&2; exit 1');
    for (const jar of ['spark-core_2.12-3.5.9.jar', 'hadoop-client-api-3.3.4.jar']) {
      file(`spark/jars/${jar}`);
    }
    program('hadoop/bin/hadoop', 'echo started >&2; exit 1');
    file('hadoop/share/hadoop/common/hadoop-common-3.5.0.jar');
    world.config.env.PATH = `${base}/spark/bin:${base}/hadoop/bin:/usr/bin:/bin`;
    const profile = await world.edge().profile(world.progress);
    assert.deepEqual(
      { ...profile, glibc: null, architecture: null },
      {
        name: 'yarn-hadoop3.5-spark3.5',
        manager: 'yarn',
        spark: '3.5.9',
        hadoop: '3.5.0',
        master: null,
        sparkHome: join(base, 'spark'),
        glibc: null,
        architecture: null,
      },
    );
    assert.match(profile.glibc ?? '', /^2\.\d+$/);
    assert.equal(profile.architecture, process.arch === 'arm64' ? 'aarch64' : 'x86_64');
  });

  it('lets configured facts win', async () => {
    hadoop();
    world.config.cluster = {
      name: 'prod',
      spark: '3.1.2',
      hadoop: '3.2.1',
      glibc: '2.17',
      sparkHome: '/opt/spark',
      architecture: 'aarch64',
    };
    assert.deepEqual(await world.edge().profile(world.progress), {
      ...world.config.cluster,
      manager: 'yarn',
      master: null,
    });
  });

  it("asks the ResourceManager for the nodes' version", async () => {
    const manager = createServer((_, response) => {
      response.end('{"clusterInfo":{"state":"STARTED","hadoopVersion":"3.3.6","id":1}}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => manager.once('listening', resolve));
    const { port } = manager.address() as AddressInfo;
    hadoop({ 'yarn.resourcemanager.webapp.address': `127.0.0.1:${port}` });
    const profile = await world.edge().profile(world.progress);
    manager.close();
    assert.equal(profile.hadoop, '3.3.6');
  });

  describe('what uses a revision', () => {
    const asked: string[] = [];
    /** A ResourceManager that answers each question with the text. */
    async function answering(body: string, status = 200): Promise<Server & { at: string }> {
      const manager = createServer((request, response) => {
        asked.push(String(request.url));
        response.writeHead(status).end(body);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => manager.once('listening', resolve));
      const { port } = manager.address() as AddressInfo;
      return Object.assign(manager, { at: `127.0.0.1:${port}` });
    }
    const uses = (tags = ['conda-ferry:churn@2']) =>
      world.edge().applications(tags, 7, world.progress.signal);
    const APP = {
      ...{ id: 'application_1_2', user: 'ana', name: 'a "b" {c}', startedTime: 5 },
      ...{ applicationTags: 'team-a,conda-ferry:churn@2', finishedTime: 9, state: 'FINISHED' },
    };

    it('is what the ResourceManager tells of tags, of the one at work where there are two', async () => {
      await using standby = await answering('This is standby RM', 503);
      await using active = await answering(JSON.stringify({ apps: { app: [APP] } }));
      hadoop({
        'yarn.resourcemanager.ha.rm-ids': 'rm1,rm2',
        'yarn.resourcemanager.webapp.address.rm1': standby.at,
        'yarn.resourcemanager.webapp.address.rm2': active.at,
      });
      asked.length = 0;
      const [found] = await uses();
      assert.deepEqual(found, {
        ...{ id: 'application_1_2', user: 'ana', name: 'a "b" {c}' },
        ...{ tags: ['team-a', 'conda-ferry:churn@2'], startedAt: 5, seenAt: 9 },
      });
      assert.match(asked[1] ?? '', /applicationTags=conda-ferry:churn@2&.*&states=NEW,/);
      assert.match(asked[2] ?? '', /applicationTags=conda-ferry:churn@2&.*&finishedTimeBegin=7$/);
    });

    it('is asked of many in several questions, and is nothing where YARN has none', async () => {
      await using manager = await answering('{"apps":{}}');
      hadoop({ 'yarn.resourcemanager.webapp.address': manager.at });
      asked.length = 0;
      const tags = Array.from({ length: 51 }, (_, at) => `conda-ferry:churn@${at + 1}`);
      assert.deepEqual(await uses(tags), []);
      assert.equal(asked.length, 4);
    });

    it('is asked of fewer at a time where so much ran that no answer holds it', async () => {
      await using manager = await answering('');
      manager.removeAllListeners('request').on('request', (request, response) => {
        const tags = (request.url ?? '').split('conda-ferry').length - 1;
        const name = tags > 7 ? 'x'.repeat(2.5 * 1024 ** 2) : 'short';
        response.end(JSON.stringify({ apps: { app: [{ ...APP, name }] } }));
      });
      hadoop({ 'yarn.resourcemanager.webapp.address': manager.at });
      const tags = Array.from({ length: 14 }, (_, at) => `conda-ferry:churn@${at + 1}`);
      const found = await uses(tags);
      // In each of two questions, as it runs and as it has ended.
      assert.deepEqual(
        found.map(({ name }) => name),
        Array.from({ length: 4 }, () => 'short'),
      );
    });

    it('is not known where the answer about one alone is too long', async () => {
      const name = 'x'.repeat(2.5 * 1024 ** 2);
      await using manager = await answering(JSON.stringify({ apps: { app: [{ ...APP, name }] } }));
      hadoop({ 'yarn.resourcemanager.webapp.address': manager.at });
      await assert.rejects(uses(), { code: 'edge-answer-lost', message: /more than 4 MB/ });
    });

    it('is not known where the answer breaks off, and none of it is told', async () => {
      await using manager = await answering('');
      manager.removeAllListeners('request').on('request', (_, response) => {
        response.writeHead(200, { 'content-length': 99 }).write('{"apps":', () => {
          response.destroy();
        });
      });
      hadoop({ 'yarn.resourcemanager.webapp.address': manager.at });
      await assert.rejects(uses(), ({ code, message }: FerryError) => {
        assert.equal(code, 'cluster-silent');
        assert.match(message, /there are: \(18\) /);
        return true;
      });
    });

    it('is not known where the ResourceManager does not answer, or answers something else', async () => {
      hadoop({ 'yarn.resourcemanager.webapp.address': '127.0.0.1:9' });
      await assert.rejects(uses(), { code: 'cluster-silent', message: /lab|edge1/ });
      await using manager = await answering('<html>');
      hadoop({ 'yarn.resourcemanager.webapp.address': manager.at });
      await assert.rejects(uses(), { code: 'cluster-silent' });
    });
  });

  it("takes manager and master from Spark's own defaults", async () => {
    for (const [master, manager] of [
      ['spark://master:7077', 'standalone'],
      ['k8s://https://api:6443', 'kubernetes'],
      ['local-cluster[2,1,1024]', 'local-cluster'],
    ]) {
      file('spark/conf/spark-defaults.conf', `# spark.master yarn\nspark.master   ${master}\n`);
      file('spark/jars/spark-core_2.13-4.0.1.jar');
      file('spark/jars/hadoop-client-api-3.4.1.jar');
      world.config.env.SPARK_HOME = join(base, 'spark');
      const profile = await world.edge().profile(world.progress);
      assert.deepEqual(
        [profile.manager, profile.master, profile.hadoop, profile.sparkHome],
        [manager, master, '3.4.1', join(base, 'spark')],
      );
    }
  });

  it("knows by name what the site's spark-env.sh exports for Python", async () => {
    hadoop();
    file('spark/jars/spark-core_2.12-3.5.9.jar');
    file(
      'spark/conf/spark-env.sh',
      `echo noise
SITE_PASSWORD=hunter2
PYTHONPATH=/opt/site:$PYTHONPATH
[ -n "$NEVER" ] && PYTHONHOME=/usr
export PYSPARK_PYTHON=$SPARK_HOME/python
`,
    );
    world.config.env.SPARK_HOME = join(base, 'spark');
    const profile = await world.edge().profile(world.progress);
    assert.deepEqual(profile.siteVariables, ['PYSPARK_PYTHON', 'PYTHONPATH']);
    assert.doesNotMatch(world.log.join('\n'), /hunter2/);
  });

  it("knows the names of archives that the site's spark-defaults.conf unpacks", async () => {
    hadoop();
    file('spark/jars/spark-core_2.12-3.5.9.jar');
    file(
      'spark/conf/spark-defaults.conf',
      'spark.yarn.dist.archives=hdfs:///a/one.zip#MYGLOBALENV,/b/two.tgz\n#spark.archives /c.zip\nspark.archives : s3a://d/e.zip#three\n',
    );
    world.config.env.SPARK_HOME = join(base, 'spark');
    const { siteAliases } = await world.edge().profile(world.progress);
    assert.deepEqual(siteAliases, ['MYGLOBALENV', 'two.tgz', 'three']);
  });

  it('finds a Spark that pip installed', async () => {
    const site = 'venv/lib/python3.11/site-packages/pyspark';
    program('venv/bin/spark-submit', 'exit 1');
    file(`${site}/jars/spark-core_2.12-3.5.9.jar`);
    world.config.env.PATH = `${base}/venv/bin:/usr/bin:/bin`;
    world.config.cluster = { manager: 'local-cluster' };
    const profile = await world.edge().profile(world.progress);
    assert.deepEqual([profile.spark, profile.sparkHome], ['3.5.9', join(base, site)]);
  });

  it('says what to configure when nothing tells the manager', async () => {
    await assert.rejects(world.edge().profile(world.progress), {
      code: 'cluster-unknown',
      suggestion: /cluster\.manager/,
    });
  });

  it('asks only once', async () => {
    hadoop();
    const edge = world.edge();
    await edge.profile(world.progress);
    const { fromClient } = world.link.traffic;
    await edge.profile(world.progress);
    assert.equal(world.link.traffic.fromClient, fromClient);
  });

  it('puts an archive into HDFS once, open to all readers', async () => {
    hadoop();
    hdfs();
    const request = makeArchive(base, { padding: 1000 });
    const edge = world.edge({ hdfs: '/envs' });
    const staging = await edge.stage(request, world.progress);
    const address = `hdfs://nn:8020/envs/${request.archive.sha256}/churn.tar.gz`;
    assert.equal(staging.hdfs, address);
    const stored = join(base, 'hdfs/envs', request.archive.sha256, 'churn.tar.gz');
    assert.deepEqual(readFileSync(stored), readFileSync(request.archivePath));
    assert.ok(journal().some((line) => line.includes('umask-mode=022 -put')));
    const calls = journal().length;
    const again = await world.edge({ hdfs: '/envs' }).stage(request, world.progress);
    assert.equal(again.hdfs, address);
    assert.equal(journal().length, calls + 1);
    const { signal } = world.progress;
    assert.equal(await edge.isIntact(staging, signal), true);
    rmSync(stored);
    assert.equal(await edge.isIntact(staging, signal), false);
  });

  it('sees by WebHDFS what is in HDFS, without starting a JVM, and believes nothing less than a list', async () => {
    hadoop();
    hdfs();
    const asked: string[] = [];
    let answer = (_folder: string): string | null => null;
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const listed = answer(join(base, 'hdfs', (request.url ?? '').split(/v1|[?]/)[1] ?? ''));
      response.writeHead(listed === null ? 404 : 200).end(listed ?? '{"RemoteException":{}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      file('conf/hdfs-site.xml', site({ 'dfs.namenode.http-address': `127.0.0.1:${port}` }));
      const request = makeArchive(base, { padding: 1000 });
      const edge = world.edge({ hdfs: '/envs' });
      const staging = await edge.stage(request, world.progress);
      const { signal } = world.progress;
      const isIntact = () => edge.isIntact(staging, signal);
      assert.match(
        asked[0] ?? '',
        /^\/webhdfs\/v1\/envs\/[0-9a-f]{64}\?op=LISTSTATUS&user\.name=\w+$/,
      );
      const list = (bytes: number, ...names: string[]) =>
        JSON.stringify({
          FileStatuses: {
            FileStatus: names.map((pathSuffix) => ({ length: bytes, pathSuffix, type: 'FILE' })),
          },
        });
      const { bytes, name } = request.archive;
      answer = () => list(bytes, name, `${name}.sha256`);
      const calls = journal().length;
      assert.equal(await isIntact(), true);
      await edge.stage(request, world.progress);
      assert.equal(journal().length, calls, 'no JVM');
      for (const less of [
        list(bytes, name),
        list(bytes + 1, name, `${name}.sha256`),
        '<html>',
        '',
      ]) {
        answer = () => less;
        const before = journal().length;
        assert.equal(await isIntact(), true);
        assert.equal(journal().length, before + 1, less);
      }
      rmSync(join(base, 'hdfs/envs'), { recursive: true });
      assert.equal(await isIntact(), false);
    } finally {
      server.close();
    }
  });

  describe('that answers by WebHDFS', () => {
    /** What the program does to the folder `hdfs`, as NameNode and DataNode at once. */
    const answering = async (change: { lost?: boolean; damaged?: boolean } = {}) => {
      const folder = join(base, 'hdfs');
      const server = createServer(async (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://nn');
        const place = join(folder, pathname.replace('/webhdfs/v1', ''));
        const say = (code: number, answer: object) =>
          response.writeHead(code).end(JSON.stringify(answer));
        const isThere = existsSync(place);
        const permission = isThere ? (statSync(place).mode & 0o777).toString(8) : '';
        const mode = Number.parseInt(searchParams.get('permission') ?? '0', 8);
        switch (searchParams.get('op')) {
          case 'LISTSTATUS': {
            const none = { RemoteException: { exception: 'FileNotFoundException' } };
            if (!isThere) return say(404, none);
            const FileStatus = readdirSync(place).map((pathSuffix) => ({
              ...{ pathSuffix, type: 'FILE', length: statSync(join(place, pathSuffix)).size },
            }));
            return say(200, { FileStatuses: { FileStatus } });
          }
          case 'GETFILESTATUS':
            return say(isThere ? 200 : 404, { FileStatus: { permission, group: 'team2' } });
          case 'MKDIRS':
            mkdirSync(place, { recursive: true, mode });
            return say(200, { boolean: true });
          case 'CREATE': {
            const port = change.lost ? 9 : (server.address() as AddressInfo).port;
            const location = `http://127.0.0.1:${port}${pathname}?op=WRITE`;
            return response.writeHead(307, { location }).end();
          }
          case 'WRITE':
            writeFileSync(place, await buffer(request));
            return response.writeHead(201).end();
          case 'OPEN':
            return response.end(change.damaged ? 'other bytes' : readFileSync(place));
          case 'RENAME':
            renameSync(place, join(folder, searchParams.get('destination') ?? ''));
            return say(200, { boolean: true });
          case 'DELETE':
            rmSync(place, { recursive: true });
            return say(200, { boolean: true });
          default:
            return say(400, {});
        }
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      file('conf/hdfs-site.xml', site({ 'dfs.namenode.http-address': `127.0.0.1:${port}` }));
      return server;
    };
    const assertStaged = async (request: StageRequest, folder: string) => {
      const edge = world.edge({ hdfs: folder });
      const staging = await edge.stage(request, world.progress);
      const { sha256 } = request.archive;
      const stored = join(base, 'hdfs', folder, sha256);
      assert.deepEqual(readdirSync(stored).sort(), ['churn.tar.gz', 'churn.tar.gz.sha256']);
      const bytes = readFileSync(join(stored, 'churn.tar.gz'));
      assert.deepEqual(bytes, readFileSync(request.archivePath));
      assert.deepEqual(readdirSync(join(stored, '..')), [sha256], 'nothing half-done');
      assert.equal(await edge.isIntact(staging, world.progress.signal), true);
    };

    it('gets an archive, and is asked for it, without a JVM', async () => {
      hadoop();
      hdfs();
      mkdirSync(join(base, 'hdfs/team'), { mode: 0o750 });
      await using _server = await answering();
      await assertStaged(makeArchive(base, { padding: 3_000_000 }), '/team/envs');
      assert.equal(existsSync(join(base, 'hdfs/journal')), false);
      assert.match(world.log.join('\n'), /team` in HDFS is closed to others/);
      const [folder] = readdirSync(join(base, 'hdfs/team/envs'));
      const { mode } = statSync(join(base, 'hdfs/team/envs', folder ?? ''));
      assert.equal((mode & 0o777).toString(8), '755');
    });

    for (const [name, change] of [
      ['its DataNodes are out of reach', { lost: true }],
      ['what was sent does not come back as it was', { damaged: true }],
    ] as const) {
      it(`gets it by the program where ${name}`, async () => {
        hadoop();
        hdfs();
        await using _server = await answering(change);
        await assertStaged(makeArchive(base, { padding: 1000 }), '/envs');
        assert.ok(journal().some((line) => line.includes('-put')));
      });
    }
  });

  it('knows an archive as verified that the program put into HDFS', async () => {
    hadoop();
    hdfs();
    const request = makeArchive(base, { padding: 1000 });
    const edge = world.edge({ hdfs: '/envs' });
    const staging = await edge.stage(request, world.progress);
    program('programs/sha256sum', `echo x >>${base}/hashed; exec /usr/bin/sha256sum "$@"`);
    assert.equal(await edge.isIntact(staging, world.progress.signal), true);
    assert.equal(existsSync(join(base, 'hashed')), false, 'it was read again');
  });

  it('has the archive taken out of HDFS with its staging, and nothing beside it', async () => {
    hadoop();
    hdfs();
    const request = makeArchive(base);
    const edge = world.edge({ hdfs: '/envs' });
    const staging = await edge.stage(request, world.progress);
    const stored = join(base, 'hdfs/envs', request.archive.sha256);
    file('hdfs/envs/other/churn.tar.gz');
    const { signal } = world.progress;
    await edge.remove(staging, { keepArchive: true, signal });
    assert.equal(existsSync(stored), true);
    await edge.remove(staging, { keepArchive: false, signal });
    assert.deepEqual(readdirSync(join(base, 'hdfs/envs')), ['other']);
    await edge.remove(staging, { keepArchive: false, signal });
  });

  it('says when a closed folder keeps nodes from sharing the archive', async () => {
    hadoop();
    hdfs();
    mkdirSync(join(base, 'hdfs/team'), { mode: 0o750 });
    const request = makeArchive(base);
    await world.edge({ hdfs: '/team/envs' }).stage(request, world.progress);
    assert.match(world.log.join('\n'), /team` in HDFS is closed to others/);
  });

  it('replaces what an interrupted copy left, and never publishes damaged bytes', async () => {
    hadoop();
    hdfs();
    const request = makeArchive(base, { padding: 1000 });
    const folder = join(base, 'hdfs/envs', request.archive.sha256);
    program(
      'programs/cp',
      `/bin/cp "$@"; for last; do :; done; find "$last" -name churn.tar.gz -exec sh -c 'printf x >>{}' \\;`,
    );
    await assert.rejects(world.edge({ hdfs: '/envs' }).stage(request, world.progress), {
      code: 'upload-corrupt',
    });
    assert.ok(!existsSync(join(folder, 'churn.tar.gz')));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'churn.tar.gz'), 'half');
    rmSync(join(base, 'programs/cp'));
    const staging = await world.edge({ hdfs: '/envs' }).stage(request, world.progress);
    assert.ok(staging.hdfs);
    assert.deepEqual(readFileSync(join(folder, 'churn.tar.gz')), readFileSync(request.archivePath));
  });

  it('has what a copy left that was killed removed from HDFS, and nothing else', async () => {
    hadoop();
    hdfs();
    const edge = world.edge({ hdfs: '/envs' });
    const { signal } = world.progress;
    await edge.sweep(signal);
    const request = makeArchive(base);
    await edge.stage(request, world.progress);
    const { sha256 } = request.archive;
    for (const name of [`${sha256}.part-aB3xYz`, `${sha256}.part-young1`, 'report.part-2024']) {
      file(`hdfs/envs/${name}/churn.tar.gz`, 'half');
    }
    const old = new Date(Date.now() - 25 * 3600_000);
    for (const name of [`${sha256}.part-aB3xYz`, 'report.part-2024', sha256]) {
      utimesSync(join(base, 'hdfs/envs', name), old, old);
    }
    world.log.length = 0;
    await edge.sweep(signal);
    const stays = [sha256, `${sha256}.part-young1`, 'report.part-2024'];
    assert.deepEqual(readdirSync(join(base, 'hdfs/envs')).sort(), stays.sort());
    const said = `edge edge1: removed hdfs://nn:8020/envs/${sha256}.part-aB3xYz`;
    assert.deepEqual(world.log, [said]);
  });

  it('uses HDFS by itself only where the default file system is HDFS', async () => {
    const request = makeArchive(base);
    world.config.cluster = { manager: 'yarn' };
    assert.equal((await world.edge({ hdfs: 'auto' }).stage(request, world.progress)).hdfs, null);
    hadoop();
    hdfs();
    const { hdfs: address } = await world.edge({ hdfs: 'auto' }).stage(request, world.progress);
    assert.ok(address?.startsWith(`hdfs://nn:8020/user/${world.config.user}/envs/`), `${address}`);
  });

  it('names a missing ticket, a refusal and a missing program in plain words', async () => {
    hadoop({ 'hadoop.security.authentication': 'kerberos' });
    const request = makeArchive(base);
    const stage = () => world.edge({ hdfs: '/envs' }).stage(request, world.progress);
    await assert.rejects(stage(), { code: 'edge-tool-missing', message: /`hdfs`/ });
    hdfs();
    program('programs/klist', 'exit 1');
    await assert.rejects(stage(), { code: 'kerberos', suggestion: /kinit/ });
    program('programs/klist', 'exit 0');
    file('hdfs/broken', 'put: Permission denied: user=edge, access=WRITE, inode="/envs"\n');
    await assert.rejects(stage(), { code: 'hdfs-denied', message: /Permission denied: user=edge/ });
    file('hdfs/broken', 'Client cannot authenticate via:[TOKEN, KERBEROS]\n');
    await assert.rejects(stage(), { code: 'kerberos' });
    await assert.rejects(world.edge({ hdfs: 'envs; id' }).stage(request, world.progress), {
      code: 'bad-config',
    });
  });
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Staging } from '../../../src/domain/environment.ts';
import { Cancelled } from '../../../src/domain/errors.ts';
import { lineFor } from '../../../src/domain/lines.ts';
import type { StageRequest } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { recordPapers } from '../../harness/papers.ts';
import { makeArchive, makeSegmentedArchive, startWorld, type World, withoutSshd } from './world.ts';

const MB = 1_000_000;

describe('staging on an edge node', { skip: withoutSshd }, () => {
  let world: World;
  /** Programs that go before the real ones on the edge. */
  let programs: string;
  let count: number;

  before(async () => {
    world = await startWorld();
    programs = join(world.directory, 'programs');
    mkdirSync(programs);
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    count = world.newRoot();
    world.config.env = { PATH: `${programs}:${process.env.PATH}` };
    Object.assign(world.link.faults, {
      cutAfter: Number.POSITIVE_INFINITY,
      cuts: Number.POSITIVE_INFINITY,
      rate: Number.POSITIVE_INFINITY,
      reset: false,
      frozen: false,
      refuse: false,
    });
    rmSync(programs, { recursive: true });
    mkdirSync(programs);
    world.log.length = 0;
  });

  const program = (name: string, text: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  const path = (name: string) => execFileSync('which', [name], { encoding: 'utf8' }).trim();
  const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
  const leftovers = () =>
    execFileSync('find', [world.root, '-name', '*.part*'], { encoding: 'utf8' });
  const assertStaged = (staging: Staging, request: StageRequest) => {
    const hash = execFileSync('sha256sum', [staging.archivePath], { encoding: 'utf8' });
    assert.equal(hash.slice(0, 64), request.archive.sha256);
    assert.ok(existsSync(join(staging.driverPrefix, 'bin', 'python')));
    assert.equal(leftovers(), '');
  };
  const sentBy = async (task: () => Promise<unknown>) => {
    const before = world.link.traffic.fromClient;
    await task();
    return world.link.traffic.fromClient - before;
  };

  for (const format of ['zip', 'tar.gz'] as const) {
    it(`publishes, unpacks and links a ${format} for everybody to read`, async () => {
      const request = makeArchive(world.directory, { format, padding: 100_000 });
      const told: [string, boolean][] = [];
      const staging = await world.edge().stage(request, world.progress, {
        async begins({ driverPrefix, archivePath }) {
          told.push([driverPrefix, existsSync(driverPrefix) || existsSync(archivePath)]);
        },
        unpacked: ({ driverPrefix: prefix }) =>
          told.push([prefix, existsSync(join(prefix, 'bin/python'))]),
      });
      const { driverPrefix } = staging;
      assert.deepEqual(told[0], [driverPrefix, false], 'it is known before it is published');
      assert.deepEqual(told.slice(1), [[driverPrefix, true]], 'it can be tried from then on');
      assertStaged(staging, request);
      assert.equal(
        staging.archivePath,
        `${world.root}/archives/${request.archive.sha256}/churn.${format}`,
      );
      assert.equal(staging.driverPrefix, `${world.root}/envs/churn/1`);
      assert.equal(mode(staging.archivePath), '644');
      for (const folder of ['archives', `archives/${request.archive.sha256}`, 'envs/churn/1']) {
        assert.equal(mode(join(world.root, folder)), '755', folder);
      }
      assert.equal(mode(join(staging.driverPrefix, 'bin/python')), '755');
      assert.equal(mode(join(staging.driverPrefix, 'lib/module.py')), '644');
      assert.equal(readlinkSync(join(world.root, 'envs/churn/current')), '1');
      assert.equal(realpathSync(join(world.root, 'MYGLOBALENV/churn')), staging.driverPrefix);
      for (const [ending, text] of Object.entries(request.papers)) {
        const file = join(world.root, `manifests/churn/1.${ending}`);
        assert.equal(readFileSync(file, 'utf8'), text, ending);
      }
    });
  }

  it('is started by its name, and has a short path, from then on', async () => {
    program('pyspark', 'printf "%s\\n" "$PYSPARK_DRIVER_PYTHON" "$@"');
    const edge = world.edge();
    const run = (...words: string[]) =>
      execFileSync(join(world.root, 'run'), words, {
        encoding: 'utf8',
        env: { PATH: `${programs}:${process.env.PATH}` },
      });
    const [first, second] = [1, 2].map((revision) =>
      makeArchive(world.directory, { format: 'zip', revision }),
    ) as [StageRequest, StageRequest];
    const staging = await edge.stage(first, world.progress);
    assert.equal(staging.archiveLink, `${staging.driverPrefix}/churn.zip`);
    assert.equal(realpathSync(staging.archiveLink), realpathSync(staging.archivePath));
    assert.equal(mode(join(world.root, 'run')), '755');
    assert.equal(mode(join(world.root, 'launch/churn@1')), '644');
    assert.match(
      run('churn@1', 'pyspark'),
      new RegExp(`^${staging.driverPrefix}/bin/python\n[^]*\n${staging.archiveLink}#churn_zip\n$`),
    );

    await edge.stage(second, world.progress);
    const { signal } = world.progress;
    const meant = (name: string) => run('--print', name, 'pyspark').match(/envs\/churn\/(\d)/)?.[1];
    const names = () => readdirSync(join(world.root, 'launch')).filter((each) => each !== '.lock');
    await edge.point(
      'churn',
      { default: 2, tags: { prod: 1, next: 2, gone: 7 } },
      recordPapers,
      signal,
    );
    assert.deepEqual(['churn', 'churn:prod', 'churn:next'].map(meant), ['2', '1', '2']);
    await edge.point('churn', { default: 1, tags: { prod: 2 } }, recordPapers, signal);
    assert.deepEqual(['churn', 'churn:prod'].map(meant), ['1', '2']);
    assert.deepEqual(names().sort(), ['churn', 'churn:prod', 'churn@1', 'churn@2']);
    await edge.point('churn', { default: null, tags: {} }, recordPapers, signal);
    assert.deepEqual(names().sort(), ['churn@1', 'churn@2']);
    assert.equal(leftovers(), '');
  });

  it('gets what starts it again where it is gone, and where an older version staged it', async () => {
    const request = makeArchive(world.directory);
    const edge = world.edge();
    const staging = await edge.stage(request, world.progress);
    const program = readFileSync(join(world.root, 'run'), 'utf8');
    for (const name of ['run', 'launch', 'envs/churn/1/churn.tar.gz']) {
      rmSync(join(world.root, name), { recursive: true });
    }
    const { signal } = world.progress;
    const older = { ...staging, archiveLink: null };
    assert.deepEqual(await edge.launch(older, signal), staging);
    assert.equal(readFileSync(join(world.root, 'run'), 'utf8'), program);
    assert.ok(
      existsSync(`${staging.archiveLink}`) && existsSync(join(world.root, 'launch/churn@1')),
    );
  });

  it("is readable for others whatever the SSH user's umask", async () => {
    const request = makeArchive(world.directory);
    const home = join(world.directory, 'host', 'home');
    writeFileSync(join(home, '.bashrc'), 'umask 077\necho noise from a start-up file\n');
    const staging = await world.edge().stage(request, world.progress);
    rmSync(join(home, '.bashrc'));
    assert.equal(mode(staging.archivePath), '644');
    assert.equal(mode(join(world.root, 'envs')), '755');
    assert.equal(mode(join(staging.driverPrefix, 'bin/python')), '755');
  });

  it('sends nothing the second time and finds all in place', async () => {
    const request = makeArchive(world.directory, { padding: 3 * MB });
    const edge = world.edge();
    assert.ok((await sentBy(() => edge.stage(request, world.progress))) > 3 * MB);
    const again = await sentBy(() => edge.stage(request, world.progress));
    // What goes there is the scripts.
    assert.ok(again < 50_000, `${again} bytes`);
  });

  it('runs conda-unpack at the final path with the own python of the environment', async () => {
    const request = makeArchive(world.directory, {
      files: {
        'bin/conda-unpack':
          'import os, sys; open(os.path.join(os.path.dirname(__file__), "said"), "w").write(os.path.abspath(__file__))\n',
      },
    });
    const { driverPrefix } = await world.edge().stage(request, world.progress);
    assert.equal(
      readFileSync(join(driverPrefix, 'bin/said'), 'utf8'),
      `${driverPrefix}/bin/conda-unpack`,
    );
  });

  it('reports all that an activated shell would have, and nothing that is not for a line', async () => {
    const request = makeArchive(world.directory, {
      files: {
        'etc/conda/activate.d/proj.sh':
          'export PROJ_DATA="$CONDA_PREFIX/share/proj" PROJ_NETWORK=ON _CONDA_SET_PROJ=1; export PATH="$CONDA_PREFIX/x:$PATH"; echo hello\n',
        'etc/conda/activate.d/lists.sh':
          'export PLUGINS="$CONDA_PREFIX/lib/one:$CONDA_PREFIX/lib/two" ROOT_DIR=$CONDA_PREFIX URL="file://$CONDA_PREFIX/x" MIXED="$CONDA_PREFIX/a:/usr/b"\n',
        'etc/conda/activate.d/zz-odd.sh': `export CC=x86_64-conda-linux-gnu-cc CFLAGS=-O2 MINE=$HOME/x LINES_TWO='a
b' COST='$5' API_KEY=hunter2 DATABASE_PASSWORD=hunter3; exit 3
`,
        'etc/conda/env_vars.d/10-package.json': '{"MODE": "fast", "LEVEL": "1"}',
        'conda-meta/state':
          '{"env_vars": {"LEVEL": "2", "GONE": "***unset***", "SSL_CERT_FILE": "/etc/ssl/cert.pem"}}',
      },
    });
    const { activation, variables } = await world.edge().stage(request, world.progress);
    assert.deepEqual(activation, {
      PROJ_DATA: 'share/proj',
      PLUGINS: 'lib/one:lib/two',
      ROOT_DIR: '',
    });
    assert.deepEqual(variables, {
      PROJ_NETWORK: 'ON',
      MODE: 'fast',
      LEVEL: '2',
      SSL_CERT_FILE: '/etc/ssl/cert.pem',
    });
    assert.doesNotMatch(world.log.join('\n'), /hunter/);
  });

  const faults = [
    ['a closed connection', { reset: false }],
    ['a reset connection', { reset: true }],
  ] as const;
  for (const [name, fault] of faults) {
    it(`continues after ${name} in the middle of the transfer`, async () => {
      const request = makeArchive(world.directory, { padding: 8 * MB });
      const edge = world.edge();
      await edge.profile(world.progress);
      Object.assign(world.link.faults, { ...fault, cutAfter: 5 * MB, cuts: 1 });
      let staging: Staging | undefined;
      const sent = await sentBy(async () => {
        staging = await edge.stage(request, world.progress);
      });
      assert.equal(world.link.faults.cuts, 0, 'the link was cut');
      assertStaged(staging as Staging, request);
      assert.match(world.log.join('\n'), /continuing the upload at/);
      assert.ok(sent < 11 * MB, `${sent} bytes went over the link`);
    });
  }

  it('continues after a link froze in the middle of the transfer', async () => {
    const request = makeArchive(world.directory, { padding: 8 * MB });
    const edge = world.edge();
    await edge.profile(world.progress);
    world.link.faults.rate = 6 * MB;
    let frozen = 0;
    const staging = await edge.stage(request, {
      ...world.progress,
      detail: (text) => {
        if (frozen || !/^[4-7]\S* MB /.test(text)) return;
        frozen = performance.now();
        world.link.faults.frozen = true;
      },
      log: (line) => {
        world.log.push(line);
        if (line.includes('nothing came')) {
          world.link.cutNow();
          world.link.thaw();
        }
      },
    });
    assert.ok(frozen > 0, 'the link froze');
    assertStaged(staging, request);
    assert.match(world.log.join('\n'), /nothing came for .*\n.*continuing the upload/);
  });

  it('gives up a link that brings nothing, says how far it got, and publishes nothing', async () => {
    const request = makeArchive(world.directory, { padding: 8 * MB });
    const edge = world.edge();
    await edge.profile(world.progress);
    Object.assign(world.link.faults, { cutAfter: 3 * MB, cuts: 1 });
    await assert.rejects(
      edge.stage(request, {
        ...world.progress,
        log: (line) => {
          if (line.includes('trying again')) world.link.faults.refuse = true;
        },
      }),
      { code: 'edge-unreachable', retryable: true, message: / of 8\.\d MB had arrived/ },
    );
    assert.ok(!existsSync(join(world.root, 'archives', request.archive.sha256)));
    assert.ok(!existsSync(join(world.root, 'envs/churn/1')));
  });

  it('makes progress over a link that is cut again and again', async () => {
    const request = makeArchive(world.directory, { padding: 12 * MB });
    const edge = world.edge();
    await edge.profile(world.progress);
    // What comes through before four of them is not enough; a fifth comes only where much was lost on its way.
    Object.assign(world.link.faults, { cutAfter: 2.5 * MB, cuts: 4 });
    assertStaged(await edge.stage(request, world.progress), request);
    assert.equal(world.link.faults.cuts, 0);
  });

  for (const [how, begun] of [
    ['whole', null],
    ['in one piece that was begun before', '.delta.part'],
  ] as const) {
    it(`is not disturbed by another worker that gives up the same archive, sent ${how}`, async () => {
      const request = makeSegmentedArchive(world.directory, 1, {
        ...{ shared: randomBytes(MB), own: randomBytes(1000) },
      });
      const archives = join(world.root, 'archives');
      const { sha256 } = request.archive;
      if (begun !== null) {
        mkdirSync(archives, { recursive: true });
        const half = readFileSync(request.archivePath).subarray(0, MB / 2);
        writeFileSync(join(archives, `${sha256}${begun}`), half);
      }
      // What the other one discards while this one is hashed, and not before: it is not known as verified.
      program(
        'sha256sum',
        `[ -f ${archives}/${sha256}/churn.tar.gz ] || rm -f ${archives}/${sha256}.part ${archives}/${sha256}.delta.part
        exec ${path('sha256sum')} "$@"`,
      );
      const bytes = await sentBy(async () =>
        assertStaged(await world.edge().stage(request, world.progress), request),
      );
      assert.ok(bytes < 1.3 * MB, `${bytes} bytes were sent`);
      assert.doesNotMatch(world.log.join('\n'), /the sha256 of what arrived is wrong/);
    });
  }

  it('sends a damaged upload once more', async () => {
    const request = makeArchive(world.directory, { padding: MB });
    const once = join(world.directory, 'once');
    rmSync(once, { force: true });
    program(
      'dd',
      `${path('dd')} "$@" || exit
       if [ ! -e ${once} ]; then
         : >${once}
         printf x | ${path('dd')} "$1" bs=1 seek=5000 conv=notrunc 2>/dev/null
       fi`,
    );
    assertStaged(await world.edge().stage(request, world.progress), request);
    assert.match(world.log.join('\n'), /sha256 of what arrived is wrong/);
  });

  it('gives up an upload that arrives damaged twice and leaves nothing of it', async () => {
    const request = makeArchive(world.directory, { padding: MB });
    program(
      'dd',
      `${path('dd')} "$@"
       printf x | ${path('dd')} "$1" bs=1 seek=5000 conv=notrunc 2>/dev/null`,
    );
    await assert.rejects(world.edge().stage(request, world.progress), { code: 'upload-corrupt' });
    assert.deepEqual(readdirSync(join(world.root, 'archives')), []);
  });

  it('refuses before sending when the disk has no room, naming free and needed bytes', async () => {
    const request = makeArchive(world.directory, { padding: 2 * MB });
    program('df', 'printf "h\\nfs 1 1 9765 1%% /\\n"');
    const sent = await sentBy(() =>
      assert.rejects(world.edge().stage(request, world.progress), (error) => {
        const { code, message } = error as Record<string, string>;
        assert.equal(code, 'disk-full');
        assert.match(message ?? '', /\d+ MB are needed and 10\.0 MB are free/);
        return true;
      }),
    );
    assert.ok(sent < 60_000);
  });

  it('removes its part when the disk fills up while writing, and keeps what was there', {
    skip: process.getuid?.() === 0 ? false : 'mounting a small file system needs root',
  }, async (context) => {
    mkdirSync(world.root);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0755', 'tmpfs', world.root]);
    } catch {
      context.skip('this container may not mount');
      return;
    }
    try {
      const lie = 'printf "h\\nfs 1 1 97650000 1%% /\\n"';
      program('df', lie);
      const small = makeArchive(world.directory, { padding: 100_000 });
      const staging = await world.edge().stage(small, world.progress);
      const large = makeArchive(world.directory, { padding: 8 * MB, revision: 2 });
      await assert.rejects(world.edge().stage(large, world.progress), { code: 'disk-full' });
      assertStaged(staging, small);
      assert.equal(readlinkSync(join(world.root, 'envs/churn/current')), '1');
      // Room for the archive, not for what is in it.
      const deep = makeArchive(world.directory, {
        revision: 3,
        files: { zeros: '\0'.repeat(9 * MB) },
      });
      await assert.rejects(world.edge().stage(deep, world.progress), { code: 'disk-full' });
      assert.equal(leftovers(), '');
      assert.equal(readlinkSync(join(world.root, 'envs/churn/current')), '1');
    } finally {
      execFileSync('umount', [world.root]);
    }
  });

  it('replaces a published archive that was damaged afterwards', async () => {
    const request = makeArchive(world.directory, { padding: 50_000 });
    const edge = world.edge();
    const staging = await edge.stage(request, world.progress);
    const { signal } = world.progress;
    assert.equal(await edge.isIntact(staging, signal), true);
    const bytes = readFileSync(staging.archivePath);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(staging.archivePath, bytes);
    assert.equal(await edge.isIntact(staging, signal), false);
    assertStaged(await edge.stage(request, world.progress), request);
    assert.equal(await edge.isIntact(staging, signal), true);
  });

  it('reads an archive again only when something touched it, once a day, and without a note of it', async () => {
    const calls = join(world.directory, `hashed-${count}`);
    program('sha256sum', `echo >>${calls}\nexec ${path('sha256sum')} "$@"`);
    const hashed = () => (existsSync(calls) ? readFileSync(calls, 'utf8').length : 0);
    const request = makeArchive(world.directory, { padding: 50_000 });
    const edge = world.edge();
    const staging = await edge.stage(request, world.progress);
    const note = join(staging.archivePath, '../.verified');
    const { signal } = world.progress;
    /** How often the archive is read for an answer. */
    const readFor = async (answer: boolean) => {
      const before = hashed();
      assert.equal(await edge.isIntact(staging, signal), answer);
      return hashed() - before;
    };
    assert.equal(await readFor(true), 0, 'what was verified as it came is known');
    utimesSync(staging.archivePath, new Date(), new Date());
    assert.deepEqual([await readFor(true), await readFor(true)], [1, 0], 'touched');
    const yesterday = new Date(Date.now() - 25 * 3600_000);
    utimesSync(note, yesterday, yesterday);
    assert.deepEqual([await readFor(true), await readFor(true)], [1, 0], 'a day later');
    writeFileSync(note, readFileSync(note, 'utf8').slice(0, 70));
    assert.deepEqual([await readFor(true), await readFor(true)], [1, 0], 'a torn note');
    rmSync(note);
    assert.deepEqual([await readFor(true), await readFor(true)], [1, 0], 'no note');
    const { atime, mtime } = statSync(staging.archivePath);
    const bytes = readFileSync(staging.archivePath);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(staging.archivePath, bytes);
    utimesSync(staging.archivePath, atime, mtime);
    assert.deepEqual([await readFor(false), await readFor(false)], [1, 1], 'damaged, dated back');
    assertStaged(await edge.stage(request, world.progress), request);
    assert.equal(await readFor(true), 0, 'staged again');
  });

  it('is not intact without the driver prefix, and is so again when staged again', async () => {
    const request = makeArchive(world.directory);
    const edge = world.edge();
    const staging = await edge.stage(request, world.progress);
    rmSync(join(staging.driverPrefix, 'bin'), { recursive: true });
    const { signal } = world.progress;
    assert.equal(await edge.isIntact(staging, signal), false);
    await edge.stage(request, world.progress);
    assert.equal(await edge.isIntact(staging, signal), true);
  });

  it('has one path for driver and executors in the global layout, whatever the name means', async () => {
    const edge = world.edge();
    const { signal } = world.progress;
    const requests = [1, 2].map((revision) =>
      makeArchive(world.directory, { layout: 'global', revision, padding: revision }),
    );
    const stagings: Staging[] = [];
    for (const request of requests) stagings.push(await edge.stage(request, world.progress));
    const leadsTo = (folder: string) => realpathSync(join(folder, 'MYGLOBALENV/churn'));
    const prefixes = stagings.map(({ driverPrefix }) => realpathSync(driverPrefix));
    // What was staged last is not what the name means before the record says so.
    assert.equal(leadsTo(world.root), prefixes[0]);
    for (const meant of [2, 1]) {
      await edge.point('churn', { default: meant, tags: {} }, recordPapers, signal);
      assert.equal(leadsTo(world.root), prefixes[meant - 1]);
      for (const [at, staging] of stagings.entries()) {
        const { directory, text } = lineFor({ staging }, null);
        assert.match(text, /PYSPARK_PYTHON=\.\/MYGLOBALENV\/churn\/bin\/python /);
        assert.equal(leadsTo(directory ?? ''), prefixes[at]);
        assert.ok(await edge.isIntact(staging, signal));
      }
    }
    await edge.point('churn', { default: null, tags: {} }, recordPapers, signal);
    assert.ok(!existsSync(join(world.root, 'MYGLOBALENV/churn')));
  });

  it('has the global path lead to the bytes that a number means, where others had it before', async () => {
    const edge = world.edge();
    await edge.stage(makeArchive(world.directory), world.progress);
    const other = makeArchive(world.directory, { padding: 10 });
    const staging = await edge.stage(other, world.progress);
    await edge.point('churn', { default: 1, tags: {} }, recordPapers, world.progress.signal);
    const linked = realpathSync(join(world.root, 'MYGLOBALENV/churn'));
    assert.equal(linked, realpathSync(staging.driverPrefix));
  });

  it('never unpacks over a revision that other bytes were published under', async () => {
    const edge = world.edge();
    const first = await edge.stage(makeArchive(world.directory), world.progress);
    const other = makeArchive(world.directory, { padding: 10 });
    const second = await edge.stage(other, world.progress);
    assert.notEqual(second.driverPrefix, first.driverPrefix);
    assert.equal(second.driverPrefix, `${first.driverPrefix}-${other.archive.sha256.slice(0, 12)}`);
    assert.ok(existsSync(join(first.driverPrefix, 'bin/python')));
    const manifests = readdirSync(join(world.root, 'manifests/churn'));
    assert.equal(manifests.filter((name) => name.endsWith('.json.sig')).length, 2);
    assert.deepEqual((await edge.stage(other, world.progress)).driverPrefix, second.driverPrefix);
  });

  it('goes on in the prefix that it has, whatever has become of the one with the number alone', async () => {
    const edge = world.edge();
    const first = await edge.stage(makeArchive(world.directory), world.progress);
    const other = makeArchive(world.directory, { padding: 10 });
    const second = await edge.stage(other, world.progress);
    rmSync(first.driverPrefix, { recursive: true });
    assert.equal((await edge.stage(other, world.progress)).driverPrefix, second.driverPrefix);
    assert.equal(existsSync(first.driverPrefix), false);
  });

  it('publishes nothing before who stages it says so', async () => {
    const request = makeArchive(world.directory);
    const gone = new Error('the store is away');
    const following = { begins: () => Promise.reject(gone), unpacked: () => undefined };
    await assert.rejects(world.edge().stage(request, world.progress, following), gone);
    assert.deepEqual(readdirSync(join(world.root, 'archives')), []);
    assert.deepEqual(readdirSync(join(world.root, 'envs/churn')), []);
  });

  it('says again where it will be, before it is, where other bytes have come there since', async () => {
    const [request, other] = [0, 10].map((padding) => makeArchive(world.directory, { padding }));
    assert.ok(request && other);
    const said: [string, boolean][] = [];
    const staging = await world.edge().stage(request, world.progress, {
      unpacked: () => undefined,
      async begins({ driverPrefix }) {
        said.push([driverPrefix, existsSync(driverPrefix)]);
        if (said.length === 1) await world.edge().stage(other, world.progress);
      },
    });
    const own = join(world.root, 'envs/churn/1');
    const short = `${own}-${request.archive.sha256.slice(0, 12)}`;
    assert.deepEqual(said, [
      [own, false],
      [short, false],
    ]);
    assert.equal(staging.driverPrefix, short);
    assertStaged(staging, request);
  });

  it('stages the same and other environments at once without disturbing each other', async () => {
    const same = makeArchive(world.directory, { padding: 2 * MB });
    const other = makeArchive(world.directory, { environment: 'fraud', padding: 2 * MB });
    // Two objects for one edge are two workers; one object twice is one worker.
    const [left, right] = [world.edge(), world.edge()];
    const stagings = await Promise.all([
      left.stage(same, world.progress),
      left.stage(same, world.progress),
      right.stage(same, world.progress),
      right.stage(other, world.progress),
    ]);
    for (const staging of stagings.slice(0, 3)) assertStaged(staging, same);
    assertStaged(stagings[3] as Staging, other);
  });

  it('does not keep who stops waiting behind another staging of the same archive', async () => {
    const request = makeArchive(world.directory, { padding: 2 * MB });
    const edge = world.edge();
    await edge.profile(world.progress);
    const controller = new AbortController();
    let firstIsDone = false;
    let stopped: Promise<void> | undefined;
    const first = edge.stage(request, {
      ...world.progress,
      detail: () => {
        stopped ??= assert
          .rejects(
            edge.stage(request, { ...world.progress, signal: controller.signal }),
            (error) => error instanceof Cancelled,
          )
          .then(() => assert.equal(firstIsDone, false));
        controller.abort(new Cancelled('cancelled'));
      },
    });
    const staging = await first;
    firstIsDone = true;
    assertStaged(staging, request);
    assert.ok(stopped);
    await stopped;
  });

  it('sends only the segments the edge does not have, also over a link that is cut', async () => {
    const shared = randomBytes(4 * MB);
    const edge = world.edge();
    const first = makeSegmentedArchive(world.directory, 1, { shared, own: randomBytes(MB) });
    await edge.stage(first, world.progress);
    const second = makeSegmentedArchive(world.directory, 2, { shared, own: randomBytes(3 * MB) });
    Object.assign(world.link.faults, { cutAfter: 2 * MB, cuts: 1 });
    let staging: Staging | undefined;
    const sent = await sentBy(async () => {
      staging = await edge.stage(second, world.progress);
    });
    assert.equal(world.link.faults.cuts, 0, 'the link was cut');
    assertStaged(staging as Staging, second);
    assert.match(world.log.join('\n'), /has 4\.0 MB of 7\.0 MB already/);
    assert.ok(sent < 6 * MB, `${sent} bytes went over the link`);
    const third = makeSegmentedArchive(world.directory, 3, { shared, own: Buffer.alloc(0) });
    assert.ok((await sentBy(() => edge.stage(third, world.progress))) < 60_000);
  });

  it('sends all when the bytes the edge was believed to have are not what they were', async () => {
    const shared = randomBytes(2 * MB);
    const edge = world.edge();
    const first = makeSegmentedArchive(world.directory, 1, { shared, own: randomBytes(1000) });
    const { archivePath } = await edge.stage(first, world.progress);
    const bytes = readFileSync(archivePath);
    bytes.fill(0, 100_000, 200_000);
    writeFileSync(archivePath, bytes);
    const second = makeSegmentedArchive(world.directory, 2, { shared, own: randomBytes(1000) });
    assertStaged(await edge.stage(second, world.progress), second);
    assert.match(world.log.join('\n'), /sha256 of what arrived is wrong/);
  });

  it('leaves nothing behind when the person cancels, and the part when the worker stops', async () => {
    for (const [reason, left] of [
      ['cancelled', ''],
      ['shutdown', '.part'],
    ] as const) {
      const request = makeArchive(world.directory, { padding: 6 * MB });
      const edge = world.edge();
      await edge.profile(world.progress);
      const controller = new AbortController();
      await assert.rejects(
        edge.stage(request, {
          ...world.progress,
          signal: controller.signal,
          detail: (text) => {
            if (/^5\S* MB /.test(text)) controller.abort(new Cancelled(reason));
          },
        }),
        (error) => error instanceof Cancelled && error.reason === reason,
      );
      assert.equal(
        existsSync(join(world.root, 'archives', `${request.archive.sha256}.part`)),
        left !== '',
        reason,
      );
      assert.ok(!existsSync(join(world.root, 'archives', request.archive.sha256)));
    }
  });

  it('says why an archive cannot be unpacked', async () => {
    const edge = world.edge();
    const wrong = makeArchive(world.directory, { environment: 'other' });
    await assert.rejects(edge.stage({ ...wrong, environment: 'churn' }, world.progress), {
      code: 'unpack-failed',
      message: /no churn\/bin\/python/,
    });
    const broken = makeArchive(world.directory, {
      files: { 'bin/conda-unpack': 'raise SystemExit("GLIBC_2.99 not found")\n' },
    });
    await assert.rejects(edge.stage(broken, world.progress), {
      code: 'unpack-failed',
      message: /GLIBC_2\.99 not found/,
    });
    assert.equal(leftovers(), '');
    assert.ok(!existsSync(join(world.root, 'envs/churn/current')));
  });

  it('unpacks a zip without unzip, with modes', async () => {
    // A PATH of links to everything the programs need, except unzip.
    for (const name of 'sh bash env mkdir chmod wc tr df awk cut sha256sum rm mv ln readlink dd flock mktemp cat find sed ls uname getconf id timeout stat'.split(
      ' ',
    )) {
      symlinkSync(path(name), join(programs, name));
    }
    const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    });
    symlinkSync(python.trim(), join(programs, 'python3'));
    const request = makeArchive(world.directory, { format: 'zip' });
    const staging = await world
      .edge({ env: { PATH: programs, HOME: process.env.HOME ?? '/' } })
      .stage(request, world.progress);
    assertStaged(staging, request);
    assert.equal(mode(join(staging.driverPrefix, 'bin/python')), '755');
    assert.equal(mode(join(staging.driverPrefix, 'lib/module.py')), '644');
  });

  it('names the folder it may not write', {
    skip: process.getuid?.() === 0 ? 'root may write everything but what is no folder' : false,
  }, async () => {
    mkdirSync(world.root, { mode: 0o555 });
    await assert.rejects(world.edge().stage(makeArchive(world.directory), world.progress), {
      code: 'edge-denied',
    });
  });

  it('links every environment under the name that the edge is configured with', async () => {
    const edge = world.edge({ alias: 'FOO' });
    for (const layout of ['local', 'global'] as const) {
      const request = { ...makeArchive(world.directory), layout };
      const staging = await edge.stage(request, world.progress);
      assert.deepEqual(staging.aliases, { local: 'churn_tgz', global: 'FOO' });
      assert.equal(
        readlinkSync(join(world.root, 'FOO', request.environment)),
        `../envs/${request.environment}/current`,
      );
      assert.equal(await edge.isIntact(staging, world.progress.signal), true);
      assert.deepEqual(readdirSync(world.root).includes('MYGLOBALENV'), false);
    }
    assert.throws(() => world.edge({ alias: 'archives' }), { code: 'bad-config' });
  });

  it('refuses a root that is a file and an alias that is a folder of something else', async () => {
    writeFileSync(world.root, '');
    const request = makeArchive(world.directory);
    await assert.rejects(world.edge().stage(request, world.progress), {
      code: 'edge-denied',
      message: new RegExp(world.root),
    });
    rmSync(world.root);
    mkdirSync(join(world.root, 'MYGLOBALENV/churn'), { recursive: true });
    await assert.rejects(world.edge().stage(request, world.progress), {
      code: 'edge-denied',
      message: /MYGLOBALENV\/churn is a folder/,
    });
  });

  it('refuses names that would leave their folder, without connecting', async () => {
    const good = makeArchive(world.directory);
    const { connections } = world.link.traffic;
    const bad: Partial<StageRequest>[] = [
      { environment: '../x' },
      { environment: 'a/b' },
      { environment: '-rf' },
      { environment: 'a$(id)' },
      { environment: 'a..b' },
      { revision: 1.5 },
      { revision: 0 },
      { archive: { ...good.archive, name: '../churn.zip' } },
      { archive: { ...good.archive, name: 'churn.sh' } },
      { archive: { ...good.archive, sha256: '../../../etc/passwd' } },
    ];
    for (const change of bad) {
      await assert.rejects(
        world.edge().stage({ ...good, ...change }, world.progress),
        { code: 'bad-name' },
        JSON.stringify(change),
      );
    }
    assert.equal(world.link.traffic.connections, connections);
    for (const root of ['relative', '/a/../b', '/a b', "/a'b", '/']) {
      assert.throws(() => world.edge({ root }), { code: 'bad-config' }, root);
    }
    assert.throws(() => world.edge({ env: { 'A B': '' } }), { code: 'bad-config' });
  });

  it('sweeps what interrupted stagings left, and nothing that is young or published', async () => {
    const request = makeArchive(world.directory);
    const edge = world.edge({}, { sweepAfterMinutes: 60 });
    const staging = await edge.stage(request, world.progress);
    const long = new Date(Date.now() - 2 * 3600 * 1000);
    const old = [
      'archives/aa.part',
      'envs/churn/2.part-abc/new/churn/x',
      'manifests/churn/2.json.part-1',
    ];
    const young = ['archives/bb.part', 'envs/churn/3.part-abc/new/churn/x'];
    for (const file of [...old, ...young]) {
      mkdirSync(join(world.root, file, '..'), { recursive: true });
      writeFileSync(join(world.root, file), '');
    }
    for (const file of [
      'archives/aa.part',
      'envs/churn/2.part-abc',
      'manifests/churn/2.json.part-1',
    ]) {
      utimesSync(join(world.root, file), long, long);
    }
    for (const published of [staging.archivePath, staging.driverPrefix]) {
      utimesSync(published, long, long);
    }
    // A name that looks like what is left, and what is.
    await edge.stage(makeArchive(world.directory, { environment: 'a.part-b' }), world.progress);
    await edge.point('a.part-b', { default: 1, tags: {} }, recordPapers, world.progress.signal);
    const names = ['launch/a.part-b', 'MYGLOBALENV/a.part-b'];
    for (const name of names) lutimesSync(join(world.root, name), long, long);
    const small = [
      join(world.root, 'launch/.part-7'),
      join(staging.driverPrefix, '.part-7'),
      join(staging.archivePath, '../.segments.part-7'),
    ];
    for (const path of small) {
      writeFileSync(path, '');
      utimesSync(path, long, long);
    }
    await edge.sweep(world.progress.signal);
    assert.deepEqual(
      names.filter((name) => !existsSync(join(world.root, name))),
      [],
    );
    assert.deepEqual(small.filter(existsSync), []);
    for (const file of old) assert.ok(!existsSync(join(world.root, file)), file);
    for (const file of young) assert.ok(existsSync(join(world.root, file)), file);
    assert.equal(await edge.isIntact(staging, world.progress.signal), true);
  });
});

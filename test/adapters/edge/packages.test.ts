/** Packages that an edge keeps unpacked: linked into environments, never different from unpacking whole. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Staging } from '../../../src/domain/environment.ts';
import type { StageRequest } from '../../../src/domain/ports.ts';
import { pack } from '../../../src/packing/pack.ts';
import { execFileSync } from '../../harness/command.ts';
import { papersOf } from '../../harness/papers.ts';
import { type FakeFile, fakePrefix } from '../../packing/fake-prefix.ts';
import { startWorld, type World, withoutSshd } from './world.ts';

const KB = 1000;
const PACKAGES: Record<string, Record<string, FakeFile>> = {
  python: {
    'bin/python3.11': { content: '#!/bin/sh\nexec python3 "$@"\n', executable: true },
    'bin/python': { link: 'python3.11' },
    'lib/python3.11/os.py': randomBytes(100 * KB),
    'lib/python3.11/build.cfg': { content: 'prefix = {prefix}/lib\n', mode: 'text' },
  },
  numpy: {
    'lib/python3.11/site-packages/numpy/core.so': randomBytes(300 * KB),
    'lib/python3.11/site-packages/numpy/twice.so': Buffer.alloc(100 * KB, 'a'),
    'lib/python3.11/site-packages/numpy/once more.so': Buffer.alloc(100 * KB, 'a'),
    'bin/f2py': { content: '#!{prefix}/bin/python3.11\nimport numpy\n', executable: true },
  },
  six: { 'lib/python3.11/site-packages/six.py': 'version = "{prefix}"\n' },
};

describe('packages that an edge node keeps unpacked', { skip: withoutSshd }, () => {
  let world: World;
  let programs: string;
  let count: number;
  before(async () => {
    world = await startWorld();
    programs = join(world.directory, 'programs');
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    count = world.newRoot();
    rmSync(programs, { recursive: true, force: true });
    mkdirSync(programs);
    world.config.env = { PATH: `${programs}:${process.env.PATH}` };
    world.log.length = 0;
  });

  const { signal } = new AbortController();
  const GONE = { keepArchive: false, signal };
  const stage = (request: StageRequest) => world.edge().stage(request, world.progress);
  const kept = () => {
    const folder = join(world.root, 'packages');
    return existsSync(folder)
      ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name))
      : [];
  };
  const program = (name: string, text: string) =>
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const path = (name: string) => execFileSync('which', [name], { encoding: 'utf8' }).trim();

  /** An archive of ours, as a build makes it; `more` are packages beside those that all have. */
  const packed = async (
    format: 'zip' | 'tar.gz',
    revision: number,
    more: Record<string, Record<string, FakeFile>> = {},
    environment = 'churn',
  ): Promise<StageRequest> => {
    const work = mkdtempSync(join(world.directory, 'pack-'));
    const prefix = join(world.directory, 'built');
    rmSync(prefix, { recursive: true, force: true });
    await fakePrefix(prefix, { ...PACKAGES, ...more }, { 'share/note.txt': `of {prefix}` });
    const name = `${environment}.${format}`;
    const archivePath = join(work, name);
    const report = await pack({ prefix, output: archivePath, format, root: environment });
    const { sha256, bytes, files, segments } = report;
    return {
      ...{ environment, revision, archivePath, layout: 'local', segments },
      archive: { name, format, sha256, bytes, files },
      ...{ unpackedBytes: report.sourceBytes, fingerprint: 'f'.repeat(64), ahead: null },
      papers: papersOf({ revision }),
    };
  };
  /**
   * Everything of a prefix: path, kind, x, and what is in it, with its own path blanked. How its files look
   * is another one's in each.
   */
  const contents = (prefix: string) =>
    execFileSync('find', ['.', '-printf', '%P|%y|%l\n'], { cwd: prefix, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '' && !/^global|^\.conda-ferry-look/.test(line))
      .sort()
      .map((line) => {
        const [name = '', kind = ''] = line.split('|');
        if (kind !== 'f') return line;
        const file = join(prefix, name);
        const text = readFileSync(file, 'latin1').replaceAll(prefix, '{prefix}');
        return `${line}|${statSync(file).mode & 0o111}|${text}`;
      });
  /** As it is without packages: the archive, unpacked whole. */
  const assertAsWhole = async (staging: Staging, request: StageRequest) => {
    world.config.root = join(world.directory, `whole-${count}-${request.revision}`);
    rmSync(world.config.root, { recursive: true, force: true });
    const whole = await stage({ ...request, segments: [] });
    world.config.root = world.root;
    assert.deepEqual(contents(staging.driverPrefix), contents(whole.driverPrefix));
    assert.equal(await world.edge().isIntact(staging, signal), true);
    const parts = execFileSync('find', [world.root, '-name', '*.part*'], { encoding: 'utf8' });
    assert.equal(parts, '');
  };
  /** A `dd` that does more once all bytes are written, before it says that they are. */
  const writing = (more: string) =>
    program(
      'dd',
      `${path('dd')} "$@" || exit
${more}`,
    );
  const core = (staging: Staging) =>
    join(staging.driverPrefix, 'lib/python3.11/site-packages/numpy/core.so');
  const pandas = () => ({ pandas: { 'lib/pandas.so': randomBytes(200 * KB) } });

  for (const format of ['zip', 'tar.gz'] as const) {
    it(`are unpacked from a ${format} before all of it has arrived, and from pieces of one`, async () => {
      const lists = join(world.root, 'packages/*/list');
      const until = (count: number) =>
        writing(
          `tries=0; until [ $(ls ${lists} 2>/dev/null | wc -l) = ${count} ]; do
            tries=$((tries + 1)); [ $tries -lt 1000 ] || exit 9; sleep 0.02
          done`,
        );
      until(2);
      const first = await packed(format, 1);
      await assertAsWhole(await stage(first), first);
      until(3);
      const large = { arrow: { 'lib/arrow.so': randomBytes(1200 * KB) } };
      const second = await packed(format, 2, large);
      await assertAsWhole(await stage(second), second);
      until(4);
      const third = await packed(format, 3, { ...large, ...pandas() });
      await assertAsWhole(await stage(third), third);
      assert.match(world.log.join('\n'), /has 1\.\d+ MB of 1\.\d+ MB already/);
      assert.equal(kept().length, 4);
    });

    it(`are linked into environments from a ${format}, which are what they are when unpacked whole`, async () => {
      const first = await packed(format, 1);
      const one = await stage(first);
      await assertAsWhole(one, first);
      assert.equal(kept().length, 2, 'what is small is not kept apart');
      const second = await packed(format, 2, pandas());
      const two = await stage(second);
      await assertAsWhole(two, second);
      assert.equal(kept().length, 3);
      assert.equal(statSync(core(one)).ino, statSync(core(two)).ino);
      assert.equal(statSync(core(one)).mode & 0o222, 0, 'nobody writes into a file of others');
      const rewritten = join(one.driverPrefix, 'lib/python3.11/build.cfg');
      assert.equal(readFileSync(rewritten, 'utf8'), `prefix = ${one.driverPrefix}/lib\n`);
      assert.equal(statSync(rewritten).nlink, 1);
    });

    it(`are those of environments of every name, from a ${format}`, async () => {
      const first = await packed(format, 1);
      const one = await stage(first);
      const known = kept();
      const second = await packed(format, 1, pandas(), 'scores-of-another-length');
      const two = await stage(second);
      await assertAsWhole(two, second);
      assert.equal(statSync(core(one)).ino, statSync(core(two)).ino);
      assert.deepEqual(
        kept()
          .filter((each) => known.includes(each))
          .sort(),
        known.sort(),
      );
      assert.equal(kept().length, known.length + 1);
      // The bytes of both differ, as each has its name in them.
      const bytes = (request: StageRequest) => request.segments.map(({ sha256 }) => sha256);
      const numpy = first.segments.find(({ name }) => name === 'conda:numpy');
      assert.ok(!bytes(second).includes(numpy?.sha256 ?? ''));
    });

    it(`are kept by what they hold: other content of the same paths is another one, from a ${format}`, async () => {
      const same = randomBytes(100 * KB);
      const variants: FakeFile[] = [
        ...['a', 'b'],
        { content: 'a', executable: true },
        ...(format === 'zip' ? [] : [{ link: 'more.bin' }, { link: 'note.txt' }]),
      ];
      const digests = [];
      for (const [at, file] of variants.entries()) {
        const more = { more: { 'share/more.bin': same, 'share/last': file } };
        const { segments } = await packed(format, at + 1, more);
        digests.push(segments.find(({ name }) => name === 'conda:more')?.content);
      }
      assert.equal(new Set(digests).size, variants.length);
    });
  }

  it('do not keep an archive from an edge that runs one program at a time over a connection', async () => {
    await using strict = await startWorld({}, 1);
    const first = await packed('tar.gz', 1);
    const second = await packed('tar.gz', 2, pandas());
    const archives = join(strict.root, 'archives');
    for (const request of [first, second]) {
      // All of the second one has travelled before.
      const part = join(archives, `${request.archive.sha256}.part`);
      if (request === second) copyFileSync(request.archivePath, part);
      const staging = await strict.edge().stage(request, strict.progress);
      assert.deepEqual(readFileSync(staging.archivePath), readFileSync(request.archivePath));
    }
  });

  it('are not made from what arrives damaged', async () => {
    program(
      'dd',
      `rm "$0"; { head -c 150000; head -c 9 /dev/zero; tail -c +10; } | ${path('dd')} "$@"`,
    );
    const request = await packed('zip', 1);
    await assertAsWhole(await stage(request), request);
    assert.match(world.log.join('\n'), /the sha256 of what arrived is wrong/);
    assert.equal(kept().length, 2);
  });

  it('are made from an archive that an older version of us staged', async () => {
    const first = await packed('zip', 1);
    const one = await stage({ ...first, segments: [] });
    assert.deepEqual(kept(), []);
    rmSync(join(world.root, 'packages'), { recursive: true });
    await assertAsWhole(one, first);
    await assertAsWhole(await stage({ ...first, revision: 2 }), { ...first, revision: 2 });
    assert.equal(kept().length, 2);
  });

  it('are made anew where an environment that failed shares a damaged file with one', async () => {
    const first = await packed('tar.gz', 1);
    const one = await stage(first);
    const whole = readFileSync(core(one));
    const time = join(world.directory, 'time');
    execFileSync('touch', ['-r', core(one), time]);
    chmodSync(core(one), 0o644);
    writeFileSync(core(one), randomBytes(whole.length));
    chmodSync(core(one), 0o444);
    execFileSync('touch', ['-r', time, core(one)]);
    assert.match(
      (await world.edge().restore(one, world.progress)) ?? '',
      /^`lib\/python3\.11\/site-packages\/numpy\/core\.so` of the prefix/,
    );
    assert.deepEqual(readFileSync(core(one)), whole);
    assert.equal(kept().length, 1);
    const second = await packed('tar.gz', 2);
    assert.deepEqual(readFileSync(core(await stage(second))), whole);
    assert.equal(kept().length, 2);
  });

  const damages: Record<string, (file: string) => void> = {
    'written into': (file) => {
      chmodSync(file, 0o644);
      appendFileSync(file, 'x');
      chmodSync(file, 0o444);
    },
    'changed in place': (file) => {
      const { mode, size } = statSync(file);
      chmodSync(file, 0o644);
      writeFileSync(file, randomBytes(size));
      chmodSync(file, mode);
    },
    'emptied, as when the power fails': (file) => {
      chmodSync(file, 0o644);
      writeFileSync(file, '');
      utimesSync(file, 315532800, 315532800);
      chmodSync(file, 0o444);
    },
    removed: (file) => rmSync(file),
    'left without a list': (file) => rmSync(join(file.split('/tree/')[0] ?? '', 'list')),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`are made again where a file of theirs was ${name}`, async () => {
      await stage(await packed('zip', 1));
      const trees = kept().map((sha) => join(world.root, 'packages', sha, 'tree'));
      const files = trees.map((tree) => join(tree, 'lib/python3.11/site-packages/numpy/core.so'));
      damage(files.find(existsSync) as string);
      const second = await packed('zip', 2);
      await assertAsWhole(await stage(second), second);
    });
  }

  it('are made again where they go while an environment is about to be linked', async () => {
    await stage(await packed('tar.gz', 1));
    program(
      'mktemp',
      `rm -rf ${world.root}/packages/[0-9a-f]*; rm "$0"; exec ${path('mktemp')} "$@"`,
    );
    const second = await packed('tar.gz', 2, pandas());
    await assertAsWhole(await stage(second), second);
    assert.equal(kept().length, 3);
  });

  it('are copied where a file cannot have two names', async () => {
    program('ln', `case $1 in -*) exec ${path('ln')} "$@" ;; *) exit 1 ;; esac`);
    const request = await packed('zip', 1);
    const staging = await stage(request);
    await assertAsWhole(staging, request);
    assert.equal(statSync(core(staging)).nlink, 1);
  });

  it('are not needed where the edge lacks a program for them', async () => {
    program('cp', 'exit 1');
    const request = await packed('zip', 1);
    await assertAsWhole(await stage(request), request);
  });

  it('are whole after a staging that was killed anywhere', async () => {
    const first = await packed('tar.gz', 1);
    await stage(first);
    for (const [at, name] of ['tail', 'tar', 'find', 'ls', 'mv', 'cp', 'chmod', 'rm'].entries()) {
      const request = await packed('tar.gz', at + 2, pandas());
      program(name, 'kill -9 $PPID; exit 1');
      await stage(request).catch(() => {});
      rmSync(join(programs, name));
      const staging = await stage(request);
      await world.edge({}, { sweepAfterMinutes: 0 }).sweep(signal);
      for (const left of readdirSync(join(world.root, 'packages'))) {
        if (left.startsWith('.part-'))
          rmSync(join(world.root, 'packages', left), { recursive: true });
      }
      await assertAsWhole(staging, request);
    }
  });

  it('stay as they are when what a killed staging had linked is cleared away', async () => {
    const first = await packed('zip', 1);
    const one = await stage(first);
    const real = path('chmod');
    program(
      'chmod',
      `case $* in */1.part-*|*/2.part-*) kill -9 $PPID; exit 1 ;; esac; exec ${real} "$@"`,
    );
    const second = await packed('zip', 2);
    await stage(second).catch(() => {});
    const left = readdirSync(join(world.root, 'envs/churn')).filter((name) => /part-/.test(name));
    assert.notDeepEqual(left, []);
    rmSync(join(programs, 'chmod'));
    const two = await stage(second);
    assert.equal(statSync(core(one)).mode & 0o222, 0);
    assert.equal(statSync(core(one)).ino, statSync(core(two)).ino);
    await assertAsWhole(two, second);
  });

  it('serve several environments that are staged at once', async () => {
    const requests: StageRequest[] = [await packed('zip', 1)];
    for (const revision of [2, 3]) requests.push(await packed('zip', revision, pandas()));
    requests.push(...requests.slice(1, 2).map((same) => ({ ...same, revision: 4 })));
    const stagings = await Promise.all(requests.map(stage));
    for (const [at, request] of requests.entries()) {
      await assertAsWhole(stagings[at] as Staging, request);
    }
    assert.equal(kept().length, 4);
  });

  for (const format of ['zip', 'tar.gz'] as const) {
    it(`go with the last environment that has links to them, and no earlier: ${format}`, async () => {
      const first = await packed(format, 1);
      const second = await packed(format, 2, pandas());
      const [one, two] = [await stage(first), await stage(second)];
      const edge = world.edge();
      await edge.remove(two, GONE);
      assert.equal(kept().length, 2);
      assert.equal(statSync(core(one)).mode & 0o222, 0);
      await assertAsWhole(one, first);
      await edge.remove(one, GONE);
      assert.deepEqual(kept(), []);
    });
  }

  it('leave what was there as it is when the disk fills up', {
    skip: process.getuid?.() === 0 ? false : 'mounting a small file system needs root',
  }, async (context) => {
    mkdirSync(world.root);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m,mode=0755', 'tmpfs', world.root]);
    } catch {
      context.skip('this container may not mount');
      return;
    }
    try {
      program('df', 'printf "h\\nfs 1 1 97650000 1%% /\\n"');
      const first = await packed('zip', 1);
      const one = await stage(first);
      const large = {
        large: { 'lib/zeros': Buffer.alloc(9_000 * KB), 'lib/more': randomBytes(90 * KB) },
      };
      await assert.rejects(stage(await packed('zip', 2, large)), { code: 'disk-full' });
      await assertAsWhole(one, first);
      assert.equal(kept().length, 2);
    } finally {
      execFileSync('umount', [world.root]);
    }
  });
});

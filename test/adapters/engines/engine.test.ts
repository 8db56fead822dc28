import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import { lockFrom } from '../../../src/adapters/engines/lock.ts';
import { explainConflict } from '../../../src/domain/conflict-words.ts';
import { Cancelled, type FerryError } from '../../../src/domain/errors.ts';
import { compareLocks, type Lock } from '../../../src/domain/lock.ts';
import type { Channel, Engine, SolveRequest } from '../../../src/domain/ports.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import {
  labChannel,
  labPython,
  prepareConda,
  recordProgress,
  whyNoConda,
  whyNoLabChannel,
  whyNoLabPython,
} from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const engines = [
  { name: 'rattler', skip: whyNoLabPython() || whyNoLabChannel(), configured: 'rattler' },
  { name: 'conda', skip: whyNoConda() || whyNoLabChannel(), configured: 'conda' },
] as const;

/** Each has a process that stays; one for each folder is enough. */
const made = new Map<string, Engine>();
after(() => Promise.all([...made.values()].map((engine) => engine.close())));

function engineOf(name: 'conda' | 'rattler', dataDirectory = join(folder, 'data')): Engine {
  const known = made.get(`${name} ${dataDirectory}`);
  if (known) return known;
  const engine = chooseEngine({
    configured: name,
    environment: { ...process.env, ...(name === 'conda' ? { CONDA_EXE: prepareConda() } : {}) },
    dataDirectory,
    python: async () => labPython,
  });
  made.set(`${name} ${dataDirectory}`, engine);
  return engine;
}

function ask(specs: readonly string[], options: Partial<SolveRequest> = {}): SolveRequest {
  return {
    specs: specs.map((text) => parseSpec(text)),
    channels: [labChannel],
    platform: 'linux-64',
    glibc: '2.17',
    keep: [],
    ...options,
  };
}

function solve(engine: Engine, specs: readonly string[], options?: Partial<SolveRequest>) {
  return engine.solve(ask(specs, options), recordProgress().progress);
}

function packageOf(lock: Lock, name: string) {
  const found = lock.packages.find((entry) => entry.name === name);
  assert.ok(found, `${name} is in the lock`);
  return found;
}

/** What a second lock has otherwise: `numpy 2.2.6`, `+scipy 1.15.3`, `-six`. */
function change(before: Lock, after: Lock): string[] {
  const { added, removed, changed } = compareLocks(before, after);
  return [
    ...changed.map(({ after: { name, version } }) => `${name} ${version}`),
    ...added.map(({ name, version }) => `+${name} ${version}`),
    ...removed.map(({ name }) => `-${name}`).sort(),
  ];
}

/** A prefix lies in a folder of its own, as in a workspace: the sandbox gives nothing else beside it. */
const prefixOf = (name: string) => join(folder, 'prefixes', name, 'env');

/** Every file of a prefix, with what it is; conda-meta holds each engine's own words. */
function listPrefix(prefix: string): string[] {
  return readdirSync(prefix, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix.length + 1))
    .sort();
}

function contentOf(path: string): string {
  return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1');
}

/** A channel with one package, `tiny`, that holds one file; made in a moment. */
function tinyChannel(name: string, content: string): { channel: Channel; file: string } {
  const directory = join(folder, name);
  const work = mkdtempSync(join(folder, 'tiny-'));
  const fields = { name: 'tiny', version: '1.0', build: '0', build_number: 0, depends: [] };
  const write = (path: string, value: unknown) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  write(join(work, 'share', 'tiny.txt'), content);
  const entry = {
    ...{ _path: 'share/tiny.txt', path_type: 'hardlink', size_in_bytes: content.length },
    sha256: digest(join(work, 'share', 'tiny.txt'), 'sha256'),
  };
  write(join(work, 'info', 'paths.json'), { paths: [entry], paths_version: 1 });
  write(join(work, 'info', 'files'), 'share/tiny.txt\n');
  write(join(work, 'info', 'index.json'), { ...fields, subdir: 'linux-64' });
  const file = join(directory, 'linux-64', 'tiny-1.0-0.tar.bz2');
  mkdirSync(join(file, '..'), { recursive: true });
  execFileSync('tar', ['cjf', file, '-C', work, 'info', 'share']);
  const checksums = { sha256: digest(file, 'sha256'), md5: digest(file, 'md5') };
  const record = { ...fields, subdir: 'linux-64', ...checksums, size: statSync(file).size };
  const index = { info: { subdir: 'linux-64' }, packages: { 'tiny-1.0-0.tar.bz2': record } };
  write(join(directory, 'linux-64', 'repodata.json'), index);
  write(join(directory, 'noarch', 'repodata.json'), { info: { subdir: 'noarch' }, packages: {} });
  return { channel: { name, url: pathToFileURL(directory).href }, file };
}

function digest(path: string, algorithm: string): string {
  return createHash(algorithm).update(readFileSync(path)).digest('hex');
}

/** Empty of a process that has ended meanwhile, which many do. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

for (const { name, skip } of engines) {
  describe(`engine ${name}`, { skip }, () => {
    let engine: Engine;
    before(() => {
      engine = engineOf(name);
    });

    test('says what it is', async () => {
      const { version, reason } = await engine.describe();
      assert.match(version, name === 'conda' ? /^conda \d/ : /^py-rattler 0\.\d/);
      assert.ok(reason);
    });

    test('locks every package with its address, sha256 and channel', async () => {
      const lock = await solve(engine, ['python=3.11', 'pandas', 'numpy>=1.26,<2']);
      assert.match(packageOf(lock, 'python').version, /^3\.11\./);
      assert.match(packageOf(lock, 'numpy').version, /^1\.26\./);
      for (const entry of lock.packages) {
        assert.match(entry.sha256, /^[0-9a-f]{64}$/);
        assert.ok(entry.url.startsWith(`${labChannel.url}/${entry.subdir}/${entry.name}-`));
        assert.equal(entry.channel, 'lab');
      }
    });

    test('locks again with the sha256 after the packages are in the cache', async () => {
      const channels = [tinyChannel(`${name}-cached`, 'cached').channel];
      const lock = await solve(engine, ['tiny'], { channels });
      const prefix = prefixOf(`${name}-cached-prefix`);
      await engine.create({ lock, prefix }, recordProgress().progress);
      assert.deepEqual(await solve(engine, ['tiny'], { channels }), lock);
    });

    test('a spec may name the channel', async () => {
      const lock = await solve(engine, ['lab::six']);
      assert.equal(packageOf(lock, 'six').channel, 'lab');
      await assert.rejects(solve(engine, ['elsewhere::six']), { code: 'unknown-channel' });
    });

    test('a name that no channel has is told, with the nearest one', async () => {
      await assert.rejects(solve(engine, ['python=3.11', 'nunpy']), {
        code: 'package-not-found',
        kind: 'user',
        message: 'No package `nunpy` is in the channel `lab`.',
        suggestion: 'Did you mean `numpy`?',
      });
    });

    test('a version that no channel has is told, with those there are', async () => {
      await assert.rejects(solve(engine, ['python=3.11', 'numpy<1']), (error: Error) => {
        assert.match(error.message, /`numpy ?<1`/);
        assert.match((error as { suggestion?: string }).suggestion ?? '', /`2\.2\.6`, `1\.26\.4`/);
        return true;
      });
    });

    test('specs that do not go together are refused with the solver’s reason', async () => {
      const impossible = solve(engine, ['python=3.11', 'pandas=2.0', 'pandas=2.2']);
      await assert.rejects(impossible, (error: Error & { code?: string; details?: string }) => {
        assert.equal(error.code, 'unsatisfiable');
        assert.match(error.message, /pandas 2\.[02]/);
        assert.ok(error.message.length < 400);
        assert.doesNotMatch(error.message, /[├└│]/);
        assert.match(error.details ?? '', /pandas/);
        return true;
      });
    });

    test('why specs do not go together is told in words that are understood', async () => {
      const cases: readonly (readonly [specs: string[], told: RegExp])[] = [
        [['python=3.10', 'scipy'], /`scipy`.* needs `python` >=3\.11,<3\.12, and `python=3\.10`/],
        [['ferry-unsolvable'], /`ferry-unsolvable`.* needs `ferry-nowhere` >=2, which is not in/],
      ];
      for (const [specs, told] of cases) {
        const error = await solve(engine, specs).catch((thrown: Error) => thrown);
        const { code, details = '' } = error as Error & { code?: string; details?: string };
        assert.equal(code, 'unsatisfiable', specs.join(' '));
        const asked = {
          specs: specs.map((spec) => parseSpec(spec)),
          channels: ['lab'],
          glibc: null,
        };
        assert.match(explainConflict(details, asked)?.message ?? details, told);
      }
    });

    test('a channel that does not answer is the channel’s fault, and worth another try', async () => {
      const channels = [{ name: 'gone', url: 'http://127.0.0.1:9/gone' }];
      await assert.rejects(solve(engine, ['six'], { channels }), {
        code: 'channel-unreachable',
        kind: 'outside',
        retryable: true,
      });
    });

    test('packages that need a newer glibc than the nodes have are not chosen', async () => {
      await assert.rejects(solve(engine, ['python=3.11'], { glibc: '2.12' }), {
        code: 'unsatisfiable',
      });
    });

    test('a package that is added changes no other one', async () => {
      const before = await solve(engine, ['python=3.11', 'numpy=1.26', 'ferry-entry=1.0']);
      const keep = before.packages;
      const specs = ['python=3.11', 'numpy', 'ferry-entry', 'scipy'];
      assert.deepEqual(change(before, await solve(engine, specs, { keep })), ['+scipy 1.15.3']);
      const asItWas = ['python=3.11', 'numpy', 'ferry-entry'];
      assert.deepEqual(change(before, await solve(engine, asItWas, { keep })), []);
    });

    test('only what cannot stay moves: for its spec, for Python, or because no channel has it', async () => {
      const before = await solve(engine, ['python=3.11', 'numpy=1.26', 'ferry-entry=1.0']);
      const keep = before.packages;
      const newer = await solve(engine, ['python=3.11', 'numpy>=2', 'ferry-entry'], { keep });
      assert.deepEqual(change(before, newer), ['numpy 2.2.6']);
      const newest = await solve(engine, ['python=3.13', 'numpy', 'ferry-entry'], { keep });
      assert.deepEqual(change(before, newest), ['numpy 2.2.6', 'python 3.13.5']);
      const gone = keep.map((entry) => (entry.name === 'numpy' ? { ...entry, build: 'x' } : entry));
      const left = await solve(engine, ['python=3.11', 'numpy', 'ferry-entry'], { keep: gone });
      assert.deepEqual(change(before, left), ['numpy 2.2.6']);
    });

    test('what nothing needs any more is left out, though it is to stay', async () => {
      const before = await solve(engine, ['python=3.11', 'pandas=2.0', 'ferry-entry=1.0']);
      const keep = before.packages;
      const after = await solve(engine, ['python=3.11', 'ferry-entry'], { keep });
      assert.deepEqual(change(before, after), [
        ...['-numpy', '-pandas', '-python-dateutil', '-python-tzdata', '-pytz', '-six'],
      ]);
    });

    test('what cannot be met at all is refused as if nothing were to stay', async () => {
      const { packages: keep } = await solve(engine, ['python=3.11', 'numpy=1.26']);
      const asked = { keep, glibc: '2.17' };
      await assert.rejects(solve(engine, ['python=3.10', 'scipy'], asked), {
        code: 'unsatisfiable',
      });
      await assert.rejects(solve(engine, ['python=3.11', 'nunpy'], asked), {
        code: 'package-not-found',
        suggestion: 'Did you mean `numpy`?',
      });
    });

    test('a cancelled solve ends at once', async () => {
      const cancel = new AbortController();
      const { progress } = recordProgress(cancel.signal);
      const solving = engine.solve(ask(['python=3.11', 'pandas']), progress);
      setImmediate(() => cancel.abort(new Cancelled('cancelled')));
      await assert.rejects(solving, Cancelled);
    });

    test('a cancelled create leaves no prefix and no process', async () => {
      const lock = await solve(engine, ['python=3.11', 'numpy=1.26', 'six']);
      const prefix = prefixOf(`${name}-cancelled`);
      const cancel = new AbortController();
      const { progress } = recordProgress(cancel.signal);
      const creating = engine.create({ lock, prefix }, progress);
      const watch = setInterval(() => {
        if (existsSync(prefix)) cancel.abort(new Cancelled('shutdown'));
      }, 2);
      try {
        await assert.rejects(creating, { name: 'Cancelled', reason: 'shutdown' });
      } finally {
        clearInterval(watch);
      }
      assert.equal(existsSync(prefix), false);
      const commands = readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .map(commandLineOf);
      assert.deepEqual(
        commands.filter((line) => line.includes(prefix)),
        [],
      );
    });

    test('a prefix holds exactly the lock and no link into the cache', async () => {
      const lock = await solve(engine, ['python=3.11', 'numpy=1.26', 'six']);
      const prefix = prefixOf(`${name}-exact`);
      const { progress } = recordProgress();
      await engine.create({ lock, prefix }, progress);
      const linked = listPrefix(prefix).filter((path) => {
        const stat = lstatSync(join(prefix, path));
        const leaves = stat.isSymbolicLink() && readlinkSync(join(prefix, path)).startsWith('/');
        return leaves || (stat.isFile() && stat.nlink > 1);
      });
      assert.deepEqual(linked, []);
      const script = 'import numpy, six; print(numpy.__version__, six.__version__)';
      const said = execFileSync(join(prefix, 'bin', 'python'), ['-c', script], {
        encoding: 'utf8',
      });
      assert.equal(said, '1.26.4 1.17.0\n');
      await assert.rejects(engine.create({ lock, prefix }, progress), { code: 'prefix-exists' });
    });

    test('a package that is not what the lock promises is refused and not kept', async () => {
      const { channel, file } = tinyChannel(`${name}-damaged`, 'good');
      const own = engineOf(name, join(folder, `${name}-damaged-data`));
      const lock = await solve(own, ['tiny'], { channels: [channel] });
      const good = readFileSync(file);
      writeFileSync(file, Buffer.concat([good, Buffer.alloc(512)]));
      const prefix = prefixOf(`${name}-damaged-prefix`);
      await assert.rejects(own.create({ lock, prefix }, recordProgress().progress), {
        code: 'package-changed',
      });
      assert.equal(existsSync(prefix), false);
      writeFileSync(file, good);
      await own.create({ lock, prefix }, recordProgress().progress);
      assert.equal(readFileSync(join(prefix, 'share', 'tiny.txt'), 'utf8'), 'good');
    });

    test('two channels with another package under the same file name do not mix', async () => {
      const own = engineOf(name, join(folder, `${name}-other-data`));
      for (const content of ['one', 'two', 'one']) {
        const { channel } = tinyChannel(`${name}-${content}`, content);
        const lock = await solve(own, ['tiny'], { channels: [channel] });
        const prefix = prefixOf(`${name}-other-prefix`);
        await own.create({ lock, prefix }, recordProgress().progress);
        assert.equal(readFileSync(join(prefix, 'share', 'tiny.txt'), 'utf8'), content);
        rmSync(prefix, { recursive: true });
      }
    });

    test('the first channel wins, whatever a later one has', async () => {
      const channels = ['first', 'second'].map(
        (place) => tinyChannel(`${name}-${place}`, place).channel,
      );
      const lock = await solve(engine, ['tiny'], { channels });
      assert.equal(packageOf(lock, 'tiny').channel, `${name}-first`);
      const turned = await solve(engine, ['tiny'], { channels: channels.toReversed() });
      assert.equal(packageOf(turned, 'tiny').channel, `${name}-second`);
      const named = await solve(engine, [`${name}-second::tiny`], { channels });
      assert.equal(packageOf(named, 'tiny').channel, `${name}-second`);
    });

    test('a lock is created again after the channel no longer lists a package', async () => {
      const { channel, file } = tinyChannel(`${name}-delisted`, 'delisted');
      const own = engineOf(name, join(folder, `${name}-delisted-data`));
      const lock = await solve(own, ['tiny'], { channels: [channel] });
      writeFileSync(join(file, '..', 'repodata.json'), JSON.stringify({ info: {}, packages: {} }));
      const fresh = engineOf(name, join(folder, `${name}-delisted-fresh`));
      const prefix = prefixOf(`${name}-delisted-prefix`);
      await fresh.create({ lock, prefix }, recordProgress().progress);
      assert.equal(readFileSync(join(prefix, 'share', 'tiny.txt'), 'utf8'), 'delisted');
    });
  });
}

const skipPair = engines[0].skip || engines[1].skip;
describe('both engines', { skip: skipPair }, () => {
  const cases = [
    ['python=3.11', 'pandas'],
    ['python=3.10', 'numpy'],
    ['numpy>=1.26,<2', 'scipy'],
    ['pandas=2.0'],
    ['pandas=2.2.3=py311_0'],
    ['pandas==2.2.3'],
    ['numpy=1.*', 'python=3.11.*'],
    ['numpy!=2.2.6', 'python<3.12'],
    ['numpy~=1.26'],
    ['lab::six', 'python'],
  ];
  for (const specs of cases) {
    test(`give the same lock for ${specs.join(' ')}`, async () => {
      const left = await solve(engineOf('conda'), specs);
      const right = await solve(engineOf('rattler'), specs);
      assert.deepEqual(left, right);
    });
  }

  test('leave the same files for the same lock', async () => {
    const lock = await solve(engineOf('rattler'), ['python=3.11', 'numpy=1.26', 'six']);
    const prefix = prefixOf('same');
    const trees: Map<string, string>[] = [];
    for (const name of ['conda', 'rattler'] as const) {
      await engineOf(name).create({ lock, prefix }, recordProgress().progress);
      trees.push(new Map(listPrefix(prefix).map((path) => [path, contentOf(join(prefix, path))])));
      rmSync(prefix, { recursive: true });
    }
    const [left = new Map(), right = new Map()] = trees;
    assert.deepEqual([...left.keys()], [...right.keys()]);
    const differing = [...left.keys()].filter((path) => left.get(path) !== right.get(path));
    // The launchers of noarch packages are written by each engine in its own words.
    const own = /^(?:conda-meta\/.*|bin\/pip3?)$/;
    assert.deepEqual(
      differing.filter((path) => !own.test(path)),
      [],
    );
  });
});

describe('choice of engine', () => {
  const tools = join(folder, 'tools');
  const python = async () => labPython;
  const pretend = (name: string, body: string) => {
    mkdirSync(tools, { recursive: true });
    const path = join(tools, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const choose = (configured: 'auto' | 'conda' | 'rattler', environment: Record<string, string>) =>
    chooseEngine({ configured, environment, dataDirectory: join(folder, 'choice'), python });

  test('CONDA_EXE comes first, then micromamba before conda, then the embedded one', async () => {
    const conda = pretend('conda', 'echo conda 1.0');
    const named = await choose('auto', { CONDA_EXE: conda, PATH: tools }).describe();
    assert.deepEqual([named.version, named.reason], ['conda 1.0', 'CONDA_EXE']);
    pretend('micromamba', 'echo 2.3.0');
    const found = await choose('auto', { PATH: tools }).describe();
    assert.deepEqual([found.version, found.reason], ['micromamba 2.3.0', 'found on the PATH']);
    assert.equal(choose('auto', { PATH: '/nowhere' }).name, 'rattler');
    assert.equal(choose('rattler', { CONDA_EXE: conda, PATH: tools }).name, 'rattler');
  });

  test('an engine that is asked for and absent is an error with the fix', () => {
    assert.throws(() => choose('conda', { PATH: '/nowhere' }), { code: 'engine-missing' });
    assert.throws(() => choose('auto', { CONDA_EXE: '/nowhere/conda', PATH: tools }), {
      code: 'engine-missing',
    });
  });

  const engineSaying = (body: string, limits = {}) =>
    chooseEngine({
      configured: 'conda',
      environment: { CONDA_EXE: pretend('pretended', body), PATH: tools },
      dataDirectory: join(folder, 'choice'),
      python,
      limits,
    });

  test('an engine that hangs is ended and its last words are told', async () => {
    const engine = engineSaying('echo waiting for the lock >&2; sleep 60', { idleSeconds: 0.3 });
    await assert.rejects(solve(engine, ['six']), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'engine-hung');
      assert.match(error.message, /waiting for the lock/);
      return true;
    });
  });

  test('a full disk is named as such', async () => {
    const answer =
      '{"exception_name": "CondaError", "error": "[Errno 28] No space left on device"}';
    const several = `{"exception_name": "CondaMultiError", "error": "Multiple", "errors": [${answer}]}`;
    for (const text of [answer, several]) {
      await assert.rejects(solve(engineSaying(`echo '${text}'; exit 1`), ['six']), {
        code: 'disk-full',
      });
    }
  });

  test('an address with a password or token cannot be locked', () => {
    for (const place of ['ana:pw12345@host/c', 'tokentoken@host/c', 'host/t/ab-12345678/c']) {
      const record = {
        ...{ name: 'six', version: '1', build: '0', subdir: 'noarch', sha256: 'a'.repeat(64) },
        ...{ url: `https://${place}/noarch/six-1-0.conda`, md5: null, size: null },
      };
      assert.throws(
        () => lockFrom('linux-64', [record], []),
        (error: FerryError) => {
          assert.equal(error.code, 'address-with-secret');
          assert.doesNotMatch(`${error.message}${error.details}`, /pw12345|tokentoken|ab-12345678/);
          return true;
        },
      );
    }
  });

  test('a channel without sha256 cannot be locked', async () => {
    const link = {
      name: 'six',
      version: '1',
      build: '0',
      subdir: 'noarch',
      url: 'file:///c/noarch/six-1-0.conda',
    };
    const answer = JSON.stringify({ success: true, actions: { LINK: [link] } });
    await assert.rejects(solve(engineSaying(`echo '${answer}'`), ['six']), { code: 'no-checksum' });
  });

  test('mamba’s LINK entries, which describe the whole package, are read', async () => {
    const sha256 = 'a'.repeat(64);
    const link = {
      ...{ name: 'six', version: '1.17.0', build: 'pyhd_0', build_string: 'pyhd_0' },
      ...{
        channel: 'lab',
        subdir: 'noarch',
        url: `${labChannel.url}/noarch/six-1.17.0-pyhd_0.conda`,
      },
      ...{ sha256, md5: 'b'.repeat(32), size: 7 },
    };
    const answer = JSON.stringify({
      success: true,
      dry_run: true,
      actions: { FETCH: [], LINK: [link] },
    });
    const lock = await solve(engineSaying(`echo '${answer}'`), ['six']);
    assert.deepEqual(packageOf(lock, 'six').sha256, sha256);
    assert.equal(packageOf(lock, 'six').channel, 'lab');
  });

  test('user text is no argument of the engine, and nothing of our environment reaches it', async () => {
    process.env.ENGINE_TEST_SECRET = 'xoxb-1';
    const told = join(folder, 'told');
    const engine = engineSaying(`env > ${told}.env; printf '%s\\n' "$@" > ${told}.args; exit 1`);
    await assert.rejects(solve(engine, ['six>=1.16']), { code: 'engine-failed' });
    delete process.env.ENGINE_TEST_SECRET;
    const args = readFileSync(`${told}.args`, 'utf8');
    assert.doesNotMatch(args, /six/);
    assert.match(args, /--override-channels\n--channel\nfile:/);
    assert.doesNotMatch(readFileSync(`${told}.env`, 'utf8'), /xoxb|ENGINE_TEST/);
  });
});

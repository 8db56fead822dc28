import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import { installationOf } from '../../../src/adapters/host/installation.ts';
import { available } from '../../../src/adapters/host/sandbox.ts';
import type { Lock, LockedPackage } from '../../../src/domain/lock.ts';
import type { Engine } from '../../../src/domain/ports.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import {
  labChannel,
  labPython,
  prepareConda,
  recordProgress,
  whyNoConda,
  whyNoLabChannel,
  whyNoLabPython,
} from './lab.ts';
import { packChannel } from './packed-channel.ts';

const folder = mkdtempSync(join(tmpdir(), 'packages-code-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const data = join(folder, 'data');
const prefixOf = (name: string) => join(folder, 'prefixes', name, 'env');

const skip = whyNoLabPython() || whyNoLabChannel() || whyNoConda() || (await available()) || false;

const made: Engine[] = [];
after(() => Promise.all(made.map((engine) => engine.close())));

function engineOf(name: 'conda' | 'rattler', sandbox: 'required' | 'off' = 'required'): Engine {
  const engine = chooseEngine({
    configured: name,
    environment: { ...process.env, ...(name === 'conda' ? { CONDA_EXE: prepareConda() } : {}) },
    ...{ dataDirectory: data, sandbox, python: async () => labPython },
  });
  made.push(engine);
  return engine;
}

let solved: Promise<Lock> | null = null;

/** Python and what it needs, as locked. */
async function python(): Promise<readonly LockedPackage[]> {
  solved ??= engineOf('rattler').solve(
    {
      ...{ specs: [parseSpec('python=3.11')], channels: [labChannel] },
      ...{ platform: 'linux-64', glibc: '2.17', keep: [] },
    },
    recordProgress().progress,
  );
  return (await solved).packages;
}

/** What a package's code tries; `$1` is where it says what came of it. */
const PROBE = `exec >"$1" 2>&1
cat ${folder}/token ${homedir()}/.ssh/* /etc/shadow ${data}/redis/dump.rdb
echo mine >${folder}/written || echo "not written"
echo mine >${data}/conda/packages/urls.txt || echo "cache not written"
(exec 3<>/dev/tcp/127.0.0.1/$PORT) || echo "no network"
for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline; echo; done
grep CapEff /proc/self/status
echo tried
`;

const PTH = `import subprocess, sys; subprocess.run(['/bin/bash', sys.prefix + '/share/probe.sh', sys.prefix + '/compiled.txt'])\n`;

describe('code of packages, while an environment is created', { skip }, () => {
  let lock: Lock;
  before(async () => {
    mkdirSync(join(data, 'redis'), { recursive: true });
    writeFileSync(join(folder, 'token'), 'xoxb-1', { mode: 0o644 });
    writeFileSync(join(data, 'redis/dump.rdb'), 'xoxb-2', { mode: 0o644 });
    chmodSync(folder, 0o755);
    const evil = packChannel(join(folder, 'evil'), {
      name: 'evil',
      files: {
        'share/probe.sh': PROBE.replace('$PORT', '22'),
        'bin/.evil-post-link.sh': `/bin/bash "$PREFIX/share/probe.sh" "$PREFIX/linked.txt"\n`,
        'site-packages/evil.py': 'def say(): print("evil")\n',
        'site-packages/evil.pth': PTH,
      },
      entryPoints: ['evil-say = evil:say'],
    });
    lock = { platform: 'linux-64', packages: [...(await python()), evil] };
  });

  test('reads no secret, writes nowhere else and sees no process, and the environment is made', async () => {
    const prefix = prefixOf('conda');
    const { progress, lines } = recordProgress();
    await engineOf('conda').create({ lock, prefix }, progress);
    for (const when of ['linked.txt', 'compiled.txt']) {
      const said = readFileSync(join(prefix, when), 'utf8');
      assert.match(said, /^tried$/m, when);
      assert.doesNotMatch(said, /xoxb|PRIVATE KEY|root:/, when);
      for (const held of ['not written', 'cache not written', 'no network', /CapEff:\s+0{16}/]) {
        assert.match(said, new RegExp(held, 'm'), when);
      }
      // This process is none that it sees.
      assert.doesNotMatch(said, /packages-code\.test/, when);
    }
    assert.equal(existsSync(join(folder, 'written')), false, lines.join('\n'));
    assert.doesNotMatch(readFileSync(join(data, 'conda/packages/urls.txt'), 'utf8'), /mine/);
    assert.ok(existsSync(join(prefix, 'bin/evil-say')));
  });

  test('does not run at all in rattler', async () => {
    const prefix = prefixOf('rattler');
    await engineOf('rattler').create({ lock, prefix }, recordProgress().progress);
    assert.ok(existsSync(join(prefix, 'bin/.evil-post-link.sh')));
    for (const when of ['linked.txt', 'compiled.txt']) {
      assert.equal(existsSync(join(prefix, when)), false);
    }
  });
});

describe('a package that would lie outside of its environment', { skip }, () => {
  const cases: readonly (readonly [what: string, packed: Parameters<typeof packChannel>[1]])[] = [
    ['a file', { name: 'out', files: { 'share/x': 'x' }, paths: ['../../out-x'] }],
    ['a command', { name: 'command', files: {}, entryPoints: ['../../out-x = os:getcwd'] }],
  ];
  for (const name of ['rattler', 'conda'] as const) {
    for (const [what, packed] of cases) {
      test(`is refused for ${what} before anything of it is written (${name})`, async () => {
        const entry = packChannel(join(folder, `${name}-${packed.name}`), packed);
        const prefix = prefixOf(`${name}-${packed.name}`);
        const lock: Lock = { platform: 'linux-64', packages: [...(await python()), entry] };
        const creating = engineOf(name).create({ lock, prefix }, recordProgress().progress);
        await assert.rejects(creating, { code: 'package-unsafe' });
        assert.equal(existsSync(prefix), false);
        assert.equal(existsSync(join(prefix, '../../out-x')), false);
      });
    }
  }
});

test('what a program needs to run is where it is installed, and never a home as a whole', () => {
  const home = join(folder, 'somebody');
  mkdirSync(join(home, 'bin'), { recursive: true });
  const tool = join(home, 'bin/micromamba');
  writeFileSync(tool, '');
  assert.deepEqual(installationOf(tool), [tool]);
  const conda = join(folder, 'opt/conda');
  mkdirSync(join(conda, 'conda-meta'), { recursive: true });
  mkdirSync(join(conda, 'bin'));
  writeFileSync(join(conda, 'bin/conda'), `#!${conda}/bin/python\n`);
  const script = join(home, 'bin/conda');
  writeFileSync(script, `#!/bin/sh\nexec "${conda}/bin/conda" "$@"\n`);
  assert.deepEqual(installationOf(script).sort(), [conda, script].sort());
  assert.deepEqual(installationOf('/usr/bin/env'), []);
});
